"""The story, told with msgraph-sdk and azure-identity."""

import json
import subprocess
import time
from types import SimpleNamespace

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientSecretCredential
from conftest import filled, refusals
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.application_templates.item.instantiate.instantiate_post_request_body import InstantiatePostRequestBody
from msgraph.generated.applications.item.add_password.add_password_post_request_body import AddPasswordPostRequestBody
from msgraph.generated.applications.item.synchronization.acquire_access_token.acquire_access_token_post_request_body import (
    AcquireAccessTokenPostRequestBody as AcquireForApplication,
)
from msgraph.generated.audit_logs.provisioning.provisioning_request_builder import ProvisioningRequestBuilder
from msgraph.generated.models.app_role_assignment import AppRoleAssignment
from msgraph.generated.models.application import Application
from msgraph.generated.models.attribute_mapping_source import AttributeMappingSource
from msgraph.generated.models.attribute_mapping_source_type import AttributeMappingSourceType
from msgraph.generated.models.group import Group
from msgraph.generated.models.key_credential import KeyCredential
from msgraph.generated.models.key_value_pair import KeyValuePair
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.password_credential import PasswordCredential
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.provisioning_action import ProvisioningAction
from msgraph.generated.models.provisioning_result import ProvisioningResult
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.reference_update import ReferenceUpdate
from msgraph.generated.models.service_principal import ServicePrincipal
from msgraph.generated.models.synchronization_job import SynchronizationJob
from msgraph.generated.models.synchronization_job_application_parameters import SynchronizationJobApplicationParameters
from msgraph.generated.models.synchronization_job_restart_criteria import SynchronizationJobRestartCriteria
from msgraph.generated.models.synchronization_job_subject import SynchronizationJobSubject
from msgraph.generated.models.synchronization_schedule_state import SynchronizationScheduleState
from msgraph.generated.models.synchronization_secret import SynchronizationSecret as Key
from msgraph.generated.models.synchronization_secret_key_string_value_pair import SynchronizationSecretKeyStringValuePair as Pair
from msgraph.generated.models.synchronization_task_execution_result import SynchronizationTaskExecutionResult
from msgraph.generated.models.user import User
from msgraph.generated.service_principals.item.synchronization.acquire_access_token.acquire_access_token_post_request_body import (
    AcquireAccessTokenPostRequestBody,
)
from msgraph.generated.service_principals.item.synchronization.jobs.item.provision_on_demand.provision_on_demand_post_request_body import (
    ProvisionOnDemandPostRequestBody,
)
from msgraph.generated.service_principals.item.synchronization.jobs.item.restart.restart_post_request_body import RestartPostRequestBody
from msgraph.generated.service_principals.item.synchronization.jobs.item.validate_credentials.validate_credentials_post_request_body import (
    ValidateCredentialsPostRequestBody,
)
from msgraph.generated.service_principals.item.synchronization.secrets.secrets_put_request_body import SecretsPutRequestBody

NON_GALLERY = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621"
FIRST_RULE = "03f7d90d-bf71-41b1-bda6-aaf0ddbee5d8"
MARK = f"py{time.time_ns()}"

at = SimpleNamespace()  # ids of what the story makes


def client(place, credential):
    provider = AzureIdentityAuthenticationProvider(credential, scopes=[place.scope], allowed_hosts=[place.host.hostname])
    adapter = GraphRequestAdapter(provider)
    adapter.base_url = place.service["graphEndpoint"] + "/v1.0"
    return GraphServiceClient(request_adapter=adapter)


def by_secret(place, client_id, secret):
    return ClientSecretCredential(place.service["tenantId"], client_id, secret, authority=place.host.netloc, disable_instance_discovery=True)


@pytest.fixture(scope="session")
def graph(place):
    return client(place, by_secret(place, place.service["clientId"], place.service["clientSecret"]))


@pytest.fixture(scope="session")
def synchronization(graph):
    return lambda: graph.service_principals.by_service_principal_id(at.service_principal).synchronization


@pytest.fixture(scope="session")
def job(synchronization):
    return lambda: synchronization().jobs.by_synchronization_job_id(at.job)


def person(name):
    return User(
        account_enabled=True, display_name=f"{name} {MARK}", mail_nickname=f"{name}.{MARK}", user_principal_name=f"{name}.{MARK}@example.com",
        given_name=name, surname=MARK, password_profile=PasswordProfile(password="Not-kept-1"))


def test_people(graph, place, run):
    async def make():
        manager = await graph.users.post(person("grace"))
        user = await graph.users.post(person("ada"))
        root = place.service["graphEndpoint"] + "/v1.0"
        await graph.users.by_user_id(user.id).manager.ref.put(ReferenceUpdate(odata_id=f"{root}/users/{manager.id}"))
        group = await graph.groups.post(Group(display_name=f"Staff {MARK}", mail_enabled=False, mail_nickname=MARK, security_enabled=True))
        for one in (manager, user):
            await graph.groups.by_group_id(group.id).members.ref.post(ReferenceCreate(odata_id=f"{root}/directoryObjects/{one.id}"))
        at.user, at.user_principal_name, at.manager, at.group = user.id, user.user_principal_name, manager.id, group.id
        return await graph.groups.by_group_id(group.id).members.graph_user.get()

    assert {one.id for one in run(make()).value} == {at.user, at.manager}


def test_application_from_template(graph, run):
    async def instantiate(name):
        body = InstantiatePostRequestBody(display_name=f"{name} {MARK}")
        return await graph.application_templates.by_application_template_id(NON_GALLERY).instantiate.post(body)

    made = run(instantiate("Interop"))
    at.application, at.service_principal = made.application.id, made.service_principal.id
    at.bare = run(instantiate("Bare")).service_principal.id
    role = next(one for one in made.service_principal.app_roles if one.display_name == "User")
    assignment = AppRoleAssignment(principal_id=at.group, resource_id=at.service_principal, app_role_id=role.id)
    made = run(graph.service_principals.by_service_principal_id(at.service_principal).app_role_assigned_to.post(assignment))
    assert made.principal_display_name == f"Staff {MARK}"


def test_token_on_both_containers(graph, place, synchronization, run):
    secrets = {
        Key.BaseAddress: place.target["scimEndpoint"], Key.SyncAll: "false",
        Key.Oauth2ClientId: place.target["clientId"], Key.Oauth2ClientSecret: place.target["clientSecret"],
        Key.Oauth2TokenExchangeUri: place.target["tokenEndpoint"], Key.Oauth2AuthorizationUri: place.target["authorizationEndpoint"],
    }
    run(synchronization().secrets.put(SecretsPutRequestBody(value=[Pair(key=key, value=value) for key, value in secrets.items()])))
    given = [Pair(key=Key.Oauth2AuthorizationCode, value=place.code()), Pair(key=Key.Oauth2RedirectUri, value=place.redirect)]
    run(synchronization().acquire_access_token.post(AcquireAccessTokenPostRequestBody(credentials=given)))
    again = AcquireForApplication(credentials=[Pair()])
    run(graph.applications.by_application_id(at.application).synchronization.acquire_access_token.post(again))
    assert run(synchronization().secrets.count.get()) == len(secrets) + 1, "the redirect URI is kept, the code is not"


def test_job(graph, synchronization, job, run):
    assert "scim" in [one.id for one in run(synchronization().templates.get()).value]
    made = run(synchronization().jobs.post(SynchronizationJob(template_id="scim")))
    at.job = made.id
    assert made.schedule.state == SynchronizationScheduleState.Disabled
    run(job().patch(SynchronizationJob(synchronization_job_settings=[KeyValuePair(name="ProvisorDialect", value="rfc7644")])))
    assert run(job().get()).synchronization_job_settings[0].value == "rfc7644"
    bare = graph.service_principals.by_service_principal_id(at.bare).synchronization
    at.bare_job = run(bare.jobs.post(SynchronizationJob(template_id="scim"))).id


def test_schema_by_patch_and_by_put(graph, job, run):
    def title(schema):
        users = next(one for one in schema.synchronization_rules[0].object_mappings if one.source_object_name == "User")
        return next(one for one in users.attribute_mappings if one.target_attribute_name == "title")

    def constant(value):
        return AttributeMappingSource(expression=f'"{value}"', name=value, type=AttributeMappingSourceType.Constant, parameters=[])

    def shape(schema):
        mappings = schema.synchronization_rules[0].object_mappings
        directories = [(one.id, len(one.objects)) for one in schema.directories]
        return directories, [(one.flow_types, len(one.attribute_mappings)) for one in mappings]

    original = run(job().schema.get())
    assert original.synchronization_rules[0].id == FIRST_RULE
    changed = run(job().schema.get())
    title(changed).source = constant("Admiral")
    run(job().schema.patch(changed))
    assert title(run(job().schema.get())).source.name == "Admiral"

    # The SDK has no PUT of a schema; its documentation has.
    put = job().schema.to_patch_request_information(changed)
    put.http_method = Method.PUT
    title(changed).source = constant("Countess")
    put.set_content_from_parsable(graph.request_adapter, "application/json", changed)
    run(graph.request_adapter.send_no_response_content_async(put, {"XXX": ODataError}))
    after = run(job().schema.get())
    assert title(after).source.name == "Countess"
    assert shape(after) == shape(original)


def test_credentials_are_valid(job, run):
    run(job().validate_credentials.post(ValidateCredentialsPostRequestBody(use_saved_credentials=True)))


def test_on_demand(job, place, run):
    subject = SynchronizationJobSubject(object_id=at.user, object_type_name="User")
    body = ProvisionOnDemandPostRequestBody(parameters=[SynchronizationJobApplicationParameters(rule_id=FIRST_RULE, subjects=[subject])])
    answer = run(job().provision_on_demand.post(body))
    assert json.loads(answer.key)["result"] == "Success", answer.key
    assert place.account(at.user_principal_name)["title"] == "Countess"


def test_cycle(job, place, run, until):
    run(job().start.post())
    assert run(job().get()).schedule.state == SynchronizationScheduleState.Active
    ended = until(lambda: run(job().get()).status.last_successful_execution, "a cycle")
    assert ended.state == SynchronizationTaskExecutionResult.Succeeded
    arrived = place.account(at.user_principal_name)
    assert arrived["title"] == "Countess"
    assert arrived["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]["manager"]["value"]


def test_provisioning_log(graph, run):
    query = ProvisioningRequestBuilder.ProvisioningRequestBuilderGetQueryParameters(filter=f"jobId eq '{at.job}'", top=50)
    configuration = ProvisioningRequestBuilder.ProvisioningRequestBuilderGetRequestConfiguration(query_parameters=query)
    page = run(graph.audit_logs.provisioning.get(request_configuration=configuration))
    created = next(one for one in page.value if one.source_identity.id == at.user and one.provisioning_action == ProvisioningAction.Create)
    assert created.provisioning_status_info.status == ProvisioningResult.Success
    assert created.service_principal.id == at.service_principal


def test_pause_and_restart(job, run):
    run(job().pause.post())
    assert run(job().get()).schedule.state != SynchronizationScheduleState.Active
    run(job().restart.post(RestartPostRequestBody(criteria=SynchronizationJobRestartCriteria())))
    assert run(job().get()).schedule.state == SynchronizationScheduleState.Active
    run(job().pause.post())


@pytest.mark.parametrize("refusal", refusals(), ids=lambda one: one["name"])
def test_refusal_is_an_odata_error(graph, place, run, refusal):
    names = {
        "servicePrincipal": at.service_principal, "application": at.application, "job": at.job, "bare": at.bare, "bareJob": at.bare_job,
        "user": at.user, "userPrincipalName": at.user_principal_name, "scim": place.target["scimEndpoint"]}
    request = RequestInformation(Method[refusal["method"]], "{+baseurl}" + filled(refusal["path"], names).replace(" ", "%20"))
    request.path_parameters["baseurl"] = graph.request_adapter.base_url
    text = refusal.get("text", json.dumps(refusal["body"]) if "body" in refusal else None)
    if text is not None:
        request.set_stream_content(filled(text, names).encode(), refusal.get("type", "application/json"))
    with pytest.raises(ODataError) as caught:
        run(graph.request_adapter.send_no_response_content_async(request, {"XXX": ODataError}))
    fault = caught.value
    assert (fault.response_status_code, fault.error.code) == (refusal["status"], refusal["code"]), fault.error.message
    assert refusal["says"] in fault.error.message
    assert len(fault.error.inner_error.request_id) == 36


def test_caller_without_permission(graph, place, run):
    made = run(graph.applications.post(Application(display_name=f"Nobody {MARK}")))
    run(graph.service_principals.post(ServicePrincipal(app_id=made.app_id)))
    body = AddPasswordPostRequestBody(password_credential=PasswordCredential(display_name="interop"))
    secret = run(graph.applications.by_application_id(made.id).add_password.post(body)).secret_text
    nobody = client(place, by_secret(place, made.app_id, secret))
    with pytest.raises(ODataError) as caught:
        run(nobody.users.get())
    assert (caught.value.response_status_code, caught.value.error.code) == (403, "Authorization_RequestDenied")
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        by_secret(place, made.app_id, "wrong").get_token(place.scope)
    run(graph.applications.by_application_id(made.id).delete())


def test_certificate(graph, place, run, tmp_path):
    pem = tmp_path / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=interop", "-keyout", pem, "-out", tmp_path / "cert.pem"],
        check=True, capture_output=True)
    pem.write_text(pem.read_text() + (tmp_path / "cert.pem").read_text())
    der = subprocess.run(["openssl", "x509", "-in", tmp_path / "cert.pem", "-outform", "DER"], check=True, capture_output=True).stdout
    made = run(graph.applications.post(Application(
        display_name=f"Certificate {MARK}", key_credentials=[KeyCredential(type="AsymmetricX509Cert", usage="Verify", key=der)])))
    run(graph.service_principals.post(ServicePrincipal(app_id=made.app_id)))
    credential = CertificateCredential(
        place.service["tenantId"], made.app_id, str(pem), authority=place.host.netloc, disable_instance_discovery=True)
    assert credential.get_token(place.scope).token
    run(graph.applications.by_application_id(made.id).delete())


def test_deletion(graph, job, place, run):
    run(job().delete())
    with pytest.raises(ODataError) as caught:
        run(job().get())
    assert caught.value.response_status_code == 404
    run(graph.service_principals.by_service_principal_id(at.service_principal).delete())
    run(graph.applications.by_application_id(at.application).delete())
    for one in (at.user, at.manager):
        run(graph.users.by_user_id(one).delete())
    run(graph.groups.by_group_id(at.group).delete())
    assert place.account(at.user_principal_name), "the accounts stay"
