package jobs

import (
	"context"
	"slices"
	"strings"

	"github.com/provisor/provisor/internal/directory"
	"github.com/provisor/provisor/internal/errs"
	"github.com/provisor/provisor/internal/mapping"
	"github.com/provisor/provisor/internal/synchronization"
)

// Templates returns the templates that the service principal's application offers:
// those that the program brings, each as it was changed for this application, and
// then those that were made for it.
func (s *Service) Templates(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID) ([]synchronization.Template, error) {
	own, err := s.Store.Templates(ctx, tenant, sp)
	if err != nil {
		return nil, err
	}
	offered := synchronization.Templates()
	for _, t := range own {
		if i := slices.IndexFunc(offered, func(brought synchronization.Template) bool { return strings.EqualFold(brought.ID, t.ID) }); i >= 0 {
			offered[i] = t
		} else {
			offered = append(offered, t)
		}
	}
	return offered, nil
}

// Template returns one of [Service.Templates] by its id, ignoring case. NotFound when
// the application does not offer it.
func (s *Service) Template(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id string) (synchronization.Template, error) {
	offered, err := s.Templates(ctx, tenant, sp)
	if err != nil {
		return synchronization.Template{}, err
	}
	for _, t := range offered {
		if strings.EqualFold(t.ID, id) {
			return t, nil
		}
	}
	return synchronization.Template{}, errNoTemplate(id)
}

func errNoTemplate(id string) error {
	return errs.New(errs.NotFound, "Request_ResourceNotFound",
		"The application offers no synchronization template '%.64s'. GET …/synchronization/templates lists those it offers.", id)
}

// template is [Service.Template] for a request that names one in its body, where an
// unknown one is Invalid.
func (s *Service) template(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id string) (synchronization.Template, error) {
	t, err := s.Template(ctx, tenant, sp, id)
	if errs.Is(err, errs.NotFound) {
		return t, errs.New(errs.Invalid, "RequestParameterInvalid",
			"There is no template %.64q. GET …/synchronization/templates lists those of this application.", id).WithTarget("templateId")
	}
	return t, err
}

// CreateTemplate makes a template of the application's own and returns it as it is
// stored. A schema without rules and directories stands for the default of the factory
// tag. Invalid when the template or its schema is refused, Conflict when the
// application offers one with the id.
func (s *Service) CreateTemplate(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, t synchronization.Template) (synchronization.Template, error) {
	if _, brought := synchronization.TemplateNamed(t.ID); brought {
		return t, errTemplateTaken(t.ID)
	}
	t, err := complete(t)
	if err != nil {
		return t, err
	}
	return t, s.Store.ChangeTemplate(ctx, tenant, sp, t.ID, func(before *synchronization.Template) (*synchronization.Template, error) {
		if before != nil {
			return nil, errTemplateTaken(t.ID)
		}
		return &t, nil
	})
}

func errTemplateTaken(id string) error {
	return errs.New(errs.Conflict, "Conflict", "The application offers a synchronization template '%.64s' already. PUT …/templates/%.64s replaces it.", id, id)
}

// ReplaceTemplate replaces a template of the application: what t does not say is not
// kept. Its id stays. A template that the program brings is replaced for this
// application only. NotFound when the application does not offer it.
func (s *Service) ReplaceTemplate(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id string, t synchronization.Template) error {
	return s.changeTemplate(ctx, tenant, sp, id, func(before synchronization.Template) (synchronization.Template, error) {
		t.ID = before.ID
		after, err := complete(t)
		after.Schema.Version = synchronization.NextVersion(before.Schema.Version)
		return after, err
	})
}

// DeleteTemplate removes a template that was made for the application. Jobs that were
// made from it keep their own copy of its schema. Invalid for one that the program
// brings, NotFound for one that is not there.
func (s *Service) DeleteTemplate(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id string) error {
	if t, brought := synchronization.TemplateNamed(id); brought {
		return errs.New(errs.Invalid, "Request_BadRequest",
			"The template %s comes with the service and cannot be deleted. DELETE …/templates/%s/schema takes changes of its schema back.", t.ID, t.ID)
	}
	return s.Store.ChangeTemplate(ctx, tenant, sp, id, func(before *synchronization.Template) (*synchronization.Template, error) {
		if before == nil {
			return nil, errNoTemplate(id)
		}
		return nil, nil //nolint:nilnil // nil removes it
	})
}

// ChangeTemplateSchema stores what change makes of a template's schema. Jobs that were
// made from the template keep theirs. Invalid, naming every fault, when the schema does
// not compile; nothing is stored then.
func (s *Service) ChangeTemplateSchema(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id string, change func(synchronization.Schema) (synchronization.Schema, error)) error {
	return s.changeTemplate(ctx, tenant, sp, id, func(t synchronization.Template) (synchronization.Template, error) {
		schema, err := change(t.Schema)
		if err != nil {
			return t, err
		}
		if _, err := mapping.Compile(schema); err != nil {
			return t, err
		}
		schema.ID, schema.Version = t.Schema.ID, synchronization.NextVersion(t.Schema.Version)
		t.Schema = schema
		return t, nil
	})
}

// ResetTemplateSchema gives a template the default schema of its factory tag.
func (s *Service) ResetTemplateSchema(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id string) error {
	return s.changeTemplate(ctx, tenant, sp, id, func(t synchronization.Template) (synchronization.Template, error) {
		version := t.Schema.Version
		t.Schema = synchronization.Schema{}
		t, err := complete(t)
		t.Schema.Version = synchronization.NextVersion(version)
		return t, err
	})
}

// changeTemplate stores what change makes of a template that the application offers.
func (s *Service) changeTemplate(ctx context.Context, tenant directory.TenantID, sp directory.ObjectID, id string, change func(synchronization.Template) (synchronization.Template, error)) error {
	return s.Store.ChangeTemplate(ctx, tenant, sp, id, func(before *synchronization.Template) (*synchronization.Template, error) {
		if before == nil {
			brought, ok := synchronization.TemplateNamed(id)
			if !ok {
				return nil, errNoTemplate(id)
			}
			before = &brought
		}
		after, err := change(*before)
		return &after, err
	})
}

// factory returns the template that the program brings for a factory tag. CustomSCIM
// is what documents call the generic connector.
func factory(tag string) (synchronization.Template, bool) {
	if strings.EqualFold(tag, "CustomSCIM") {
		return synchronization.Templates()[0], true
	}
	for _, t := range synchronization.Templates() {
		if strings.EqualFold(t.FactoryTag, tag) {
			return t, true
		}
	}
	return synchronization.Template{}, false
}

// complete checks a template and fills in what its factory tag says.
func complete(t synchronization.Template) (synchronization.Template, error) {
	if !isTemplateID(t.ID) {
		return t, errs.New(errs.Invalid, "RequestParameterInvalid",
			"The template id %.64q cannot be used. It is 1 to 64 letters, digits, - and _, because job ids begin with it.", t.ID).WithTarget("id")
	}
	model, ok := factory(t.FactoryTag)
	if !ok {
		return t, errs.New(errs.Invalid, "RequestParameterInvalid",
			"There is no connector %.64q. factoryTag takes CustomSCIM and the factoryTag of the templates that the application offers.", t.FactoryTag).WithTarget("factoryTag")
	}
	if len(t.Schema.Rules) == 0 && len(t.Schema.Directories) == 0 {
		t.Schema = model.Schema
	}
	if _, err := mapping.Compile(t.Schema); err != nil {
		return t, err
	}
	t.Schema.ID = t.ID + "." + strings.Repeat("0", 32)
	if t.Schema.Version == "" {
		t.Schema.Version = model.Schema.Version
	}
	return t, nil
}

func isTemplateID(id string) bool {
	const longest = 64
	return id != "" && len(id) <= longest && strings.Trim(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}
