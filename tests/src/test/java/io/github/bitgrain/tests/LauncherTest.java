package io.github.bitgrain.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LauncherTest {
    private static final Path ROOT = Path.of(System.getProperty("bitgrain.root"));

    @TempDir
    Path folder;

    /** A copy of the launcher in an otherwise empty checkout, with nothing of this machine's Java in sight. */
    private Result launch(Map<String, String> environment, String... args) throws Exception {
        Path bin = Files.createDirectories(folder.resolve("checkout/bin"));
        Path script = bin.resolve("bitgrain");
        String text = Files.readString(ROOT.resolve("bin/bitgrain")).replaceAll("/(usr|opt|Library)/[^\\s;]*25[^\\s;]*", "");
        Files.writeString(script, text);
        List<String> command = new ArrayList<>(List.of("sh", script.toString()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeAll(List.of("JAVA_HOME", "JAVA25_HOME", "BITGRAIN_JAVA_OPTS"));
        builder.environment().put("HOME", folder.toString());
        builder.environment().putAll(environment);
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        int exit = process.waitFor();
        return new Result(exit, Files.readString(out, StandardCharsets.UTF_8), Files.readString(err));
    }

    private record Result(int exit, String out, String err) {}

    /** A folder that looks like a JDK; its java prints its arguments. */
    private Path fakeJdk(String name, String version, String modules) throws IOException {
        Path home = folder.resolve(name);
        Path java = Files.createDirectories(home.resolve("bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\necho \"$@\"\n");
        assertTrue(java.toFile().setExecutable(true));
        Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\nMODULES=\"" + modules + "\"\n");
        return home;
    }

    @Test
    void withoutJdk25ExitIs69WithOneLine() throws Exception {
        Result result = launch(Map.of(), "--version");
        assertEquals(69, result.exit());
        assertEquals("", result.out());
        assertEquals(
                "bitgrain: Java 25 is needed and was not found; install JDK 25 or set JAVA25_HOME to its folder",
                result.err().strip());
    }

    @Test
    void theCollectorIsTheSerialOneUnlessTheUserNamesAnother() throws Exception {
        Path jdk = fakeJdk("jdk", "25", "java.base jdk.incubator.vector");
        Files.createDirectories(folder.resolve("checkout/lib"));
        assertTrue(launch(Map.of("JAVA25_HOME", jdk.toString()), "quickstart").out().startsWith("-XX:+UseSerialGC "));
        String arguments = launch(Map.of("JAVA25_HOME", jdk.toString(), "BITGRAIN_JAVA_OPTS", "-Xmx2g -XX:+UseG1GC"), "quickstart").out();
        assertTrue(arguments.contains(" -Xmx2g -XX:+UseG1GC "), arguments);
        assertTrue(!arguments.contains("Serial"), "the JVM takes one only: " + arguments);
    }

    @Test
    void olderJdkAndJdkWithoutVectorModuleAreNotTaken() throws Exception {
        Path old = fakeJdk("old", "21.0.2", "java.base jdk.incubator.vector");
        Path bare = fakeJdk("bare", "25.0.1", "java.base");
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("JAVA25_HOME", old.toString());
        environment.put("JAVA_HOME", bare.toString());
        assertEquals(69, launch(environment, "--version").exit());
    }

    @Test
    void jarsOfADistributionRunWithoutMavenAndOptionsArePassed() throws Exception {
        Path jdk = fakeJdk("jdk with space", "25", "java.base jdk.incubator.vector");
        Files.createDirectories(folder.resolve("checkout/lib"));
        Result result = launch(
                Map.of("JAVA25_HOME", jdk.toString(), "BITGRAIN_JAVA_OPTS", "-Xmx1g -Xss2m"), "verify", "a b.espdl");
        assertEquals(0, result.exit(), result.err());
        assertTrue(result.out().contains(" -Xmx1g -Xss2m -p "), result.out());
        assertTrue(
                result.out().strip().endsWith("-m io.github.bitgrain.cli/io.github.bitgrain.cli.Main verify a b.espdl"),
                result.out());
    }
}
