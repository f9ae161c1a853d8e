package interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.azure.core.credential.TokenCredential;
import com.azure.core.credential.TokenRequestContext;
import com.azure.identity.ClientCertificateCredentialBuilder;
import com.azure.identity.ClientSecretCredentialBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.microsoft.graph.applications.item.addpassword.AddPasswordPostRequestBody;
import com.microsoft.graph.applicationtemplates.item.instantiate.InstantiatePostRequestBody;
import com.microsoft.graph.models.AppRoleAssignment;
import com.microsoft.graph.models.Application;
import com.microsoft.graph.models.ApplicationServicePrincipal;
import com.microsoft.graph.models.AttributeMapping;
import com.microsoft.graph.models.AttributeMappingSource;
import com.microsoft.graph.models.AttributeMappingSourceType;
import com.microsoft.graph.models.Group;
import com.microsoft.graph.models.KeyCredential;
import com.microsoft.graph.models.KeyValuePair;
import com.microsoft.graph.models.PasswordProfile;
import com.microsoft.graph.models.ProvisioningAction;
import com.microsoft.graph.models.ProvisioningResult;
import com.microsoft.graph.models.ReferenceCreate;
import com.microsoft.graph.models.ReferenceUpdate;
import com.microsoft.graph.models.ServicePrincipal;
import com.microsoft.graph.models.SynchronizationJob;
import com.microsoft.graph.models.SynchronizationJobApplicationParameters;
import com.microsoft.graph.models.SynchronizationJobRestartCriteria;
import com.microsoft.graph.models.SynchronizationJobRestartScope;
import com.microsoft.graph.models.SynchronizationJobSubject;
import com.microsoft.graph.models.SynchronizationScheduleState;
import com.microsoft.graph.models.SynchronizationSchema;
import com.microsoft.graph.models.SynchronizationSecret;
import com.microsoft.graph.models.SynchronizationSecretKeyStringValuePair;
import com.microsoft.graph.models.SynchronizationTaskExecutionResult;
import com.microsoft.graph.models.User;
import com.microsoft.graph.models.odataerrors.ODataError;
import com.microsoft.graph.serviceclient.GraphServiceClient;
import com.microsoft.graph.serviceprincipals.item.synchronization.SynchronizationRequestBuilder;
import com.microsoft.graph.serviceprincipals.item.synchronization.acquireaccesstoken.AcquireAccessTokenPostRequestBody;
import com.microsoft.graph.serviceprincipals.item.synchronization.jobs.item.SynchronizationJobItemRequestBuilder;
import com.microsoft.graph.serviceprincipals.item.synchronization.jobs.item.provisionondemand.ProvisionOnDemandPostRequestBody;
import com.microsoft.graph.serviceprincipals.item.synchronization.jobs.item.restart.RestartPostRequestBody;
import com.microsoft.graph.serviceprincipals.item.synchronization.jobs.item.validatecredentials.ValidateCredentialsPostRequestBody;
import com.microsoft.graph.serviceprincipals.item.synchronization.secrets.SecretsPutRequestBody;
import com.microsoft.kiota.HttpMethod;
import com.microsoft.kiota.RequestInformation;
import com.microsoft.kiota.authentication.AzureIdentityAuthenticationProvider;
import com.microsoft.kiota.serialization.Parsable;
import com.microsoft.kiota.serialization.ParsableFactory;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** The story, told with microsoft-graph and azure-identity. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class StoryTest {
    private static final String NON_GALLERY = "8adf8e6e-67b2-4cf2-a259-e3dc5476c621";
    private static final String FIRST_RULE = "03f7d90d-bf71-41b1-bda6-aaf0ddbee5d8";
    private static final Map<String, ParsableFactory<? extends Parsable>> ERRORS =
        new HashMap<>(Map.of("XXX", ODataError::createFromDiscriminatorValue));

    private final Place place = new Place();
    private final String mark = "jv" + System.nanoTime();
    private final GraphServiceClient graph = client(bySecret(place.of("clientId"), place.of("clientSecret")));
    private final Map<String, String> at = new HashMap<>(); // ids of what the story makes

    private TokenCredential bySecret(String client, String secret) {
        return new ClientSecretCredentialBuilder().tenantId(place.of("tenantId")).clientId(client).clientSecret(secret)
            .authorityHost(place.origin().toString()).disableInstanceDiscovery().build();
    }

    private GraphServiceClient client(TokenCredential credential) {
        var provider = new AzureIdentityAuthenticationProvider(credential, new String[] {place.origin().getHost()}, Place.SCOPE);
        var made = new GraphServiceClient(provider);
        made.getRequestAdapter().setBaseUrl(root());
        return made;
    }

    private String root() {
        return place.of("graphEndpoint") + "/v1.0";
    }

    private SynchronizationRequestBuilder synchronization() {
        return graph.servicePrincipals().byServicePrincipalId(at.get("servicePrincipal")).synchronization();
    }

    private SynchronizationJobItemRequestBuilder job() {
        return synchronization().jobs().bySynchronizationJobId(at.get("job"));
    }

    private SynchronizationScheduleState state() {
        return job().get().getSchedule().getState();
    }

    private User person(String name) {
        var password = new PasswordProfile();
        password.setPassword("Not-kept-1");
        var user = new User();
        user.setAccountEnabled(true);
        user.setDisplayName(name + " " + mark);
        user.setMailNickname(name + "." + mark);
        user.setUserPrincipalName(name + "." + mark + "@example.com");
        user.setGivenName(name);
        user.setSurname(mark);
        user.setPasswordProfile(password);
        return user;
    }

    private static SynchronizationSecretKeyStringValuePair pair(SynchronizationSecret key, String value) {
        var made = new SynchronizationSecretKeyStringValuePair();
        made.setKey(key);
        made.setValue(value);
        return made;
    }

    @Test
    @Order(1)
    void people() {
        var manager = graph.users().post(person("grace"));
        var user = graph.users().post(person("ada"));
        var boss = new ReferenceUpdate();
        boss.setOdataId(root() + "/users/" + manager.getId());
        graph.users().byUserId(user.getId()).manager().ref().put(boss);
        var staff = new Group();
        staff.setDisplayName("Staff " + mark);
        staff.setMailEnabled(false);
        staff.setMailNickname(mark);
        staff.setSecurityEnabled(true);
        var group = graph.groups().post(staff).getId();
        for (var id : List.of(manager.getId(), user.getId())) {
            var member = new ReferenceCreate();
            member.setOdataId(root() + "/directoryObjects/" + id);
            graph.groups().byGroupId(group).members().ref().post(member);
        }
        at.putAll(Map.of("user", user.getId(), "userPrincipalName", user.getUserPrincipalName(), "manager", manager.getId(), "group", group));
        var members = graph.groups().byGroupId(group).members().graphUser().get().getValue();
        assertEquals(Set.of(at.get("user"), at.get("manager")), members.stream().map(User::getId).collect(Collectors.toSet()));
    }

    @Test
    @Order(2)
    void applicationFromTemplate() {
        var made = instantiate("Interop");
        at.put("application", made.getApplication().getId());
        at.put("servicePrincipal", made.getServicePrincipal().getId());
        at.put("bare", instantiate("Bare").getServicePrincipal().getId());
        var role = made.getServicePrincipal().getAppRoles().stream().filter(one -> one.getDisplayName().equals("User")).findFirst().orElseThrow();
        var assignment = new AppRoleAssignment();
        assignment.setPrincipalId(UUID.fromString(at.get("group")));
        assignment.setResourceId(UUID.fromString(at.get("servicePrincipal")));
        assignment.setAppRoleId(role.getId());
        var assigned = graph.servicePrincipals().byServicePrincipalId(at.get("servicePrincipal")).appRoleAssignedTo().post(assignment);
        assertEquals("Staff " + mark, assigned.getPrincipalDisplayName());
    }

    private ApplicationServicePrincipal instantiate(String name) {
        var body = new InstantiatePostRequestBody();
        body.setDisplayName(name + " " + mark);
        return graph.applicationTemplates().byApplicationTemplateId(NON_GALLERY).instantiate().post(body);
    }

    @Test
    @Order(3)
    void tokenOnBothContainers() throws IOException, InterruptedException {
        var secrets = new SecretsPutRequestBody();
        secrets.setValue(List.of(
            pair(SynchronizationSecret.BaseAddress, place.at("scimEndpoint")), pair(SynchronizationSecret.SyncAll, "false"),
            pair(SynchronizationSecret.Oauth2ClientId, place.at("clientId")), pair(SynchronizationSecret.Oauth2ClientSecret, place.at("clientSecret")),
            pair(SynchronizationSecret.Oauth2TokenExchangeUri, place.at("tokenEndpoint"))));
        synchronization().secrets().put(secrets);
        var first = new AcquireAccessTokenPostRequestBody();
        first.setCredentials(List.of(
            pair(SynchronizationSecret.Oauth2AuthorizationCode, place.code()), pair(SynchronizationSecret.Oauth2RedirectUri, Place.REDIRECT)));
        synchronization().acquireAccessToken().post(first);
        var again = new com.microsoft.graph.applications.item.synchronization.acquireaccesstoken.AcquireAccessTokenPostRequestBody();
        again.setCredentials(List.of(new SynchronizationSecretKeyStringValuePair()));
        graph.applications().byApplicationId(at.get("application")).synchronization().acquireAccessToken().post(again);
        assertEquals(6, synchronization().secrets().count().get(), "the redirect URI is kept, the code is not");
    }

    @Test
    @Order(4)
    void jobFromTemplate() {
        assertTrue(synchronization().templates().get().getValue().stream().anyMatch(one -> one.getId().equals("scim")));
        var made = synchronization().jobs().post(jobOf("scim"));
        at.put("job", made.getId());
        assertEquals(SynchronizationScheduleState.Disabled, made.getSchedule().getState());
        assertEquals("PT40M", made.getSchedule().getInterval().toString());
        var dialect = new KeyValuePair();
        dialect.setName("ProvisorDialect");
        dialect.setValue("rfc7644");
        var settings = new SynchronizationJob();
        settings.setSynchronizationJobSettings(List.of(dialect));
        job().patch(settings);
        assertEquals("rfc7644", job().get().getSynchronizationJobSettings().get(0).getValue());
        var bare = graph.servicePrincipals().byServicePrincipalId(at.get("bare")).synchronization();
        at.put("bareJob", bare.jobs().post(jobOf("scim")).getId());
    }

    private static SynchronizationJob jobOf(String template) {
        var wanted = new SynchronizationJob();
        wanted.setTemplateId(template);
        return wanted;
    }

    @Test
    @Order(5)
    void schemaByPatchAndByPut() {
        var schema = job().schema().get();
        assertEquals(FIRST_RULE, schema.getSynchronizationRules().get(0).getId());
        var shape = shape(schema);
        title(schema).setSource(constant("Admiral"));
        job().schema().patch(schema);
        assertEquals("Admiral", title(job().schema().get()).getSource().getName());

        // The SDK has no PUT of a schema; its documentation has.
        title(schema).setSource(constant("Countess"));
        var put = job().schema().toPatchRequestInformation(schema);
        put.httpMethod = HttpMethod.PUT;
        graph.getRequestAdapter().sendPrimitive(put, new HashMap<>(ERRORS), Void.class);
        var after = job().schema().get();
        assertEquals("Countess", title(after).getSource().getName());
        assertEquals(shape, shape(after));
    }

    /** What must survive a round trip: the directories, and of each object mapping its flows and how many attributes it has. */
    private static List<?> shape(SynchronizationSchema schema) {
        return List.of(
            schema.getDirectories().stream().map(one -> List.of(one.getId(), one.getObjects().size())).toList(),
            schema.getSynchronizationRules().get(0).getObjectMappings().stream().map(one -> List.of(one.getFlowTypes(), one.getAttributeMappings().size())).toList());
    }

    private static AttributeMapping title(SynchronizationSchema schema) {
        return schema.getSynchronizationRules().get(0).getObjectMappings().stream().filter(one -> one.getSourceObjectName().equals("User"))
            .flatMap(one -> one.getAttributeMappings().stream()).filter(one -> one.getTargetAttributeName().equals("title")).findFirst().orElseThrow();
    }

    private static AttributeMappingSource constant(String value) {
        var source = new AttributeMappingSource();
        source.setType(AttributeMappingSourceType.Constant);
        source.setName(value);
        source.setExpression("\"" + value + "\"");
        source.setParameters(List.of());
        return source;
    }

    @Test
    @Order(6)
    void credentialsAreValid() {
        var body = new ValidateCredentialsPostRequestBody();
        body.setUseSavedCredentials(true);
        job().validateCredentials().post(body);
    }

    @Test
    @Order(7)
    void onDemand() throws IOException, InterruptedException {
        var subject = new SynchronizationJobSubject();
        subject.setObjectId(at.get("user"));
        subject.setObjectTypeName("User");
        var parameters = new SynchronizationJobApplicationParameters();
        parameters.setRuleId(FIRST_RULE);
        parameters.setSubjects(List.of(subject));
        var body = new ProvisionOnDemandPostRequestBody();
        body.setParameters(List.of(parameters));
        var key = job().provisionOnDemand().post(body).getKey();
        assertEquals("Success", JsonParser.parseString(key).getAsJsonObject().get("result").getAsString(), key);
        assertEquals("Countess", place.account(at.get("userPrincipalName")).orElseThrow().get("title").getAsString());
    }

    @Test
    @Order(8)
    void cycle() throws IOException, InterruptedException {
        job().start().post();
        assertEquals(SynchronizationScheduleState.Active, state());
        for (int i = 0; i < 300 && job().get().getStatus().getLastSuccessfulExecution() == null; i++) {
            Thread.sleep(100);
        }
        assertEquals(SynchronizationTaskExecutionResult.Succeeded, job().get().getStatus().getLastSuccessfulExecution().getState());
        var arrived = place.account(at.get("userPrincipalName")).orElseThrow();
        assertEquals("Countess", arrived.get("title").getAsString());
        assertTrue(arrived.getAsJsonObject("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User").has("manager"));
    }

    @Test
    @Order(9)
    void provisioningLog() {
        var page = graph.auditLogs().provisioning().get(request -> {
            request.queryParameters.filter = "jobId eq '" + at.get("job") + "'";
            request.queryParameters.top = 50;
        });
        var created = page.getValue().stream()
            .filter(one -> one.getProvisioningAction() == ProvisioningAction.Create && one.getSourceIdentity().getId().equals(at.get("user")))
            .findFirst().orElseThrow();
        assertEquals(ProvisioningResult.Success, created.getProvisioningStatusInfo().getStatus());
        assertEquals(at.get("servicePrincipal"), created.getServicePrincipal().getId());
    }

    @Test
    @Order(10)
    void pauseAndRestart() {
        job().pause().post();
        assertNotEquals(SynchronizationScheduleState.Active, state());
        var criteria = new SynchronizationJobRestartCriteria();
        criteria.setResetScope(EnumSet.of(SynchronizationJobRestartScope.Watermark, SynchronizationJobRestartScope.Escrows));
        var body = new RestartPostRequestBody();
        body.setCriteria(criteria);
        job().restart().post(body);
        assertEquals(SynchronizationScheduleState.Active, state());
        job().pause().post();
    }

    @TestFactory
    @Order(11)
    Stream<DynamicTest> refusalIsAnODataError() {
        var names = new HashMap<>(at);
        names.put("scim", place.at("scimEndpoint"));
        return StreamSupport.stream(Place.refusals().spliterator(), false).map(one -> {
            var refusal = one.getAsJsonObject();
            return DynamicTest.dynamicTest(refusal.get("name").getAsString(), () -> refused(refusal, names));
        });
    }

    private void refused(JsonObject refusal, Map<String, String> names) {
        var path = filled(refusal.get("path").getAsString(), names).replace(" ", "%20");
        var request = new RequestInformation(HttpMethod.valueOf(refusal.get("method").getAsString()), "{+baseurl}" + path, new HashMap<>());
        if (refusal.has("text") || refusal.has("body")) {
            var text = refusal.has("text") ? refusal.get("text").getAsString() : filled(refusal.get("body").toString(), names);
            var type = refusal.has("type") ? refusal.get("type").getAsString() : "application/json";
            request.setStreamContent(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), type);
        }
        var fault = assertThrows(ODataError.class, () -> graph.getRequestAdapter().sendPrimitive(request, new HashMap<>(ERRORS), Void.class));
        assertEquals(refusal.get("status").getAsInt(), fault.getResponseStatusCode(), fault.getMessage());
        assertEquals(refusal.get("code").getAsString(), fault.getError().getCode());
        assertTrue(fault.getError().getMessage().contains(refusal.get("says").getAsString()), fault.getError().getMessage());
        assertEquals(36, fault.getError().getInnerError().getRequestId().length());
    }

    private static String filled(String text, Map<String, String> names) {
        for (var one : names.entrySet()) {
            text = text.replace("{" + one.getKey() + "}", one.getValue());
        }
        return text;
    }

    @Test
    @Order(12)
    void callerWithoutPermission() {
        var application = new Application();
        application.setDisplayName("Nobody " + mark);
        var made = signIn(application);
        var secret = graph.applications().byApplicationId(made.getId()).addPassword().post(new AddPasswordPostRequestBody()).getSecretText();
        var nobody = client(bySecret(made.getAppId(), secret));
        var fault = assertThrows(ODataError.class, () -> nobody.users().get());
        assertEquals(List.of(403, "Authorization_RequestDenied"), List.of(fault.getResponseStatusCode(), fault.getError().getCode()));
        var wrong = bySecret(made.getAppId(), "wrong");
        var refused = assertThrows(RuntimeException.class, () -> wrong.getTokenSync(new TokenRequestContext().addScopes(Place.SCOPE)));
        assertTrue(refused.getMessage().contains("AADSTS7000215"), refused.getMessage());
        graph.applications().byApplicationId(made.getId()).delete();
    }

    private Application signIn(Application application) {
        var made = graph.applications().post(application);
        var principal = new ServicePrincipal();
        principal.setAppId(made.getAppId());
        graph.servicePrincipals().post(principal);
        return made;
    }

    @Test
    @Order(13)
    void certificate(@TempDir Path dir) throws IOException, InterruptedException {
        openssl(dir, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=interop", "-keyout", "key.pem", "-out", "cert.pem");
        openssl(dir, "x509", "-in", "cert.pem", "-outform", "DER", "-out", "cert.der");
        var pem = Files.writeString(dir.resolve("both.pem"), Files.readString(dir.resolve("key.pem")) + Files.readString(dir.resolve("cert.pem")));
        var key = new KeyCredential();
        key.setType("AsymmetricX509Cert");
        key.setUsage("Verify");
        key.setKey(Files.readAllBytes(dir.resolve("cert.der")));
        var application = new Application();
        application.setDisplayName("Certificate " + mark);
        application.setKeyCredentials(List.of(key));
        var made = signIn(application);
        var credential = new ClientCertificateCredentialBuilder().tenantId(place.of("tenantId")).clientId(made.getAppId()).pemCertificate(pem.toString())
            .authorityHost(place.origin().toString()).disableInstanceDiscovery().build();
        assertEquals(3, credential.getTokenSync(new TokenRequestContext().addScopes(Place.SCOPE)).getToken().split("\\.").length);
        graph.applications().byApplicationId(made.getId()).delete();
    }

    private static void openssl(Path dir, String... arguments) throws IOException, InterruptedException {
        var command = Stream.concat(Stream.of("openssl"), Arrays.stream(arguments)).toList();
        assertEquals(0, new ProcessBuilder(command).directory(dir.toFile()).redirectErrorStream(true).redirectOutput(dir.resolve("log").toFile()).start().waitFor());
    }

    @Test
    @Order(14)
    void deletion() throws IOException, InterruptedException {
        job().delete();
        assertEquals(404, assertThrows(ODataError.class, () -> job().get()).getResponseStatusCode());
        graph.servicePrincipals().byServicePrincipalId(at.get("servicePrincipal")).delete();
        graph.applications().byApplicationId(at.get("application")).delete();
        graph.groups().byGroupId(at.get("group")).delete();
        graph.users().byUserId(at.get("user")).delete();
        graph.users().byUserId(at.get("manager")).delete();
        assertTrue(place.account(at.get("userPrincipalName")).isPresent(), "the accounts stay");
    }
}
