package io.github.bitgrain.tests.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A headless Chromium with one page, driven by the DevTools protocol over a web socket. */
final class Browser {
    private static final List<String> PROGRAMS = List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome");
    private static final Pattern LISTENING = Pattern.compile("DevTools listening on (ws://\\S+)");
    private static final long SECONDS = 60;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Process process;
    private final HttpClient client = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final AtomicInteger next = new AtomicInteger();
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private volatile CompletableFuture<Void> loaded = new CompletableFuture<>();
    private final String session;

    /** The program on the path of this machine, if there is one. */
    static Optional<Path> find() {
        return PROGRAMS.stream()
                .flatMap(name -> Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)).map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable).findFirst();
    }

    /** Starts the program with an empty profile. */
    Browser(Path program, Path profile) throws Exception {
        List<String> command = new ArrayList<>(List.of(program.toString(), "--headless", "--disable-gpu", "--no-first-run", "--disable-extensions",
                "--hide-scrollbars", "--remote-debugging-port=0", "--user-data-dir=" + profile, "about:blank"));
        if (System.getProperty("user.name").equals("root")) {
            command.add(1, "--no-sandbox");
        }
        process = new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        String address = CompletableFuture.supplyAsync(this::address).get(SECONDS, TimeUnit.SECONDS);
        socket = client.newWebSocketBuilder().buildAsync(URI.create(address), new Listener()).get(SECONDS, TimeUnit.SECONDS);
        String page = call(null, "Target.createTarget", Map.of("url", "about:blank")).get("targetId").asText();
        session = call(null, "Target.attachToTarget", Map.of("targetId", page, "flatten", true)).get("sessionId").asText();
        for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
            call(domain + ".enable", Map.of());
        }
    }

    private String address() {
        try {
            BufferedReader lines = process.errorReader();
            StringBuilder said = new StringBuilder();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                said.append(line).append('\n');
                Matcher matcher = LISTENING.matcher(line);
                if (matcher.find()) {
                    Thread.ofVirtual().start(() -> lines.lines().forEach(rest -> { }));
                    return matcher.group(1);
                }
            }
            throw new IllegalStateException("the browser ended: " + said);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder message = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
            message.append(data);
            if (last) {
                String text = message.toString();
                message.setLength(0);
                receive(text);
            }
            webSocket.request(1);
            return null;
        }
    }

    private void receive(String text) {
        try {
            JsonNode message = JSON.readTree(text);
            if (message.has("id")) {
                answers.remove(message.get("id").asInt()).complete(message);
                return;
            }
            JsonNode told = message.path("params");
            switch (message.path("method").asText()) {
                case "Runtime.exceptionThrown", "Log.entryAdded" -> complaints.add(told.toString());
                case "Runtime.consoleAPICalled" -> complaints.add(told.get("args").toString());
                case "Network.requestWillBeSent" -> requests.add(told.at("/request/url").asText());
                case "Page.loadEventFired" -> loaded.complete(null);
                default -> { }
            }
        } catch (IOException e) {
            complaints.add(e.toString());
        }
    }

    private JsonNode call(String sessionId, String method, Map<String, Object> parameters) throws Exception {
        int id = next.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
        message.set("params", JSON.valueToTree(parameters));
        if (sessionId != null) {
            message.put("sessionId", sessionId);
        }
        socket.sendText(message.toString(), true).get(SECONDS, TimeUnit.SECONDS);
        JsonNode result = answer.get(SECONDS, TimeUnit.SECONDS);
        if (result.has("error")) {
            throw new IllegalStateException(method + ": " + result.get("error"));
        }
        return result.get("result");
    }

    /** Calls a method of the protocol for the page. */
    JsonNode call(String method, Map<String, Object> parameters) throws Exception {
        return call(session, method, parameters);
    }

    /** Loads a page and waits for it. */
    void open(Path file) throws Exception {
        loaded = new CompletableFuture<>();
        call("Page.navigate", Map.of("url", file.toUri().toString()));
        loaded.get(SECONDS, TimeUnit.SECONDS);
        settle();
    }

    /** Waits until what scripts and observers have begun is drawn. */
    void settle() throws Exception {
        run("new Promise(done => requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(() => setTimeout(done, 50)), 50)))");
    }

    /** The value of an expression; promises are awaited. */
    JsonNode run(String expression) throws Exception {
        JsonNode result = call("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
        if (result.has("exceptionDetails")) {
            throw new IllegalStateException(expression + ": " + result.get("exceptionDetails"));
        }
        return result.path("result").path("value");
    }

    /** Presses and releases a key. */
    void press(String key, int code) throws Exception {
        Map<String, Object> down = new java.util.HashMap<>(Map.of("type", "keyDown", "key", key, "code", key, "windowsVirtualKeyCode", code));
        if (key.equals("Enter")) {
            down.put("text", "\r");
        }
        call("Input.dispatchKeyEvent", down);
        call("Input.dispatchKeyEvent", Map.of("type", "keyUp", "key", key, "code", key, "windowsVirtualKeyCode", code));
    }

    /** Sets width and height of the window. */
    void resize(int width, int height) throws Exception {
        call("Emulation.setDeviceMetricsOverride", Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
        settle();
    }

    /** Prefers light or dark. */
    void prefer(String scheme) throws Exception {
        call("Emulation.setEmulatedMedia", Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
        settle();
    }

    /** Writes what the window shows. */
    void screenshot(Path file) throws Exception {
        byte[] picture = Base64.getDecoder().decode(call("Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", true)).get("data").asText());
        Files.createDirectories(file.getParent());
        Files.write(file, picture);
    }

    /** All errors, warnings and messages so far. */
    List<String> complaints() {
        return complaints;
    }

    /** Addresses of everything that was asked for. */
    List<String> requests() {
        return requests;
    }

    /** Ends the browser and all that it started. */
    void close() throws Exception {
        try {
            call(null, "Browser.close", Map.of());
        } finally {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
            }
            // The browser has closed its end; an orderly close would wait for a reply without end if it was killed before it could.
            client.shutdownNow();
        }
    }
}
