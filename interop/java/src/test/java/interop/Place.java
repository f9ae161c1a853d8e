package interop;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Where the service and the application are that interop/with-server started. */
final class Place {
    static final String SCOPE = "https://graph.microsoft.com/.default";
    static final String REDIRECT = "http://127.0.0.1/callback";

    final JsonObject service = read("PROVISOR_BOOTSTRAP").getAsJsonObject();
    final JsonObject target = read("PROVISOR_TARGET").getAsJsonObject();
    private final HttpClient http = HttpClient.newHttpClient();

    private static com.google.gson.JsonElement read(String variable) {
        return parse(Path.of(System.getenv(variable)));
    }

    private static com.google.gson.JsonElement parse(Path file) {
        try {
            return JsonParser.parseString(Files.readString(file));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The documented errors, with names in braces to be filled in. */
    static JsonArray refusals() {
        return parse(Path.of(System.getenv("PROVISOR_INTEROP"), "refusals.json")).getAsJsonArray();
    }

    String of(String member) {
        return service.get(member).getAsString();
    }

    String at(String member) {
        return target.get(member).getAsString();
    }

    /** The origin of the service, which is where its authority is too. */
    URI origin() {
        return URI.create(of("graphEndpoint"));
    }

    /** An administrator consents at the application and is sent back with a code. */
    String code() throws IOException, InterruptedException {
        var query = form(Map.of("response_type", "code", "client_id", at("clientId"), "redirect_uri", REDIRECT, "state", "s", "scope", "scim"));
        var answer = http.send(HttpRequest.newBuilder(URI.create(at("authorizationEndpoint") + "?" + query)).build(), BodyHandlers.discarding());
        var location = URI.create(answer.headers().firstValue("Location").orElseThrow());
        for (var part : location.getRawQuery().split("&")) {
            if (part.startsWith("code=")) {
                return java.net.URLDecoder.decode(part.substring(5), StandardCharsets.UTF_8);
            }
        }
        throw new IllegalStateException("no code in " + location);
    }

    /** What the application holds of a user name. */
    Optional<JsonObject> account(String userName) throws IOException, InterruptedException {
        var grant = form(Map.of("grant_type", "client_credentials", "client_id", at("clientId"), "client_secret", at("clientSecret")));
        var asked = HttpRequest.newBuilder(URI.create(at("tokenEndpoint"))).header("Content-Type", "application/x-www-form-urlencoded");
        var token = json(asked.POST(BodyPublishers.ofString(grant)).build()).get("access_token").getAsString();
        var filter = form(Map.of("filter", "userName eq \"" + userName + "\""));
        var found = json(HttpRequest.newBuilder(URI.create(at("scimEndpoint") + "/Users?" + filter)).header("Authorization", "Bearer " + token).build());
        var resources = found.getAsJsonArray("Resources");
        return resources == null || resources.isEmpty() ? Optional.empty() : Optional.of(resources.get(0).getAsJsonObject());
    }

    private JsonObject json(HttpRequest request) throws IOException, InterruptedException {
        return JsonParser.parseString(http.send(request, BodyHandlers.ofString()).body()).getAsJsonObject();
    }

    private static String form(Map<String, String> values) {
        return values.entrySet().stream()
            .map(one -> one.getKey() + "=" + URLEncoder.encode(one.getValue(), StandardCharsets.UTF_8))
            .collect(Collectors.joining("&"));
    }
}
