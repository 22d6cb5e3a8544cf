package io.github.bitgrain.cli.command;

import io.github.bitgrain.core.BitgrainException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** What the trials of a search depend on: the program, every argument, and for files their content instead of their name. */
final class SearchJob {
    /** Options that change what is written or shown, and not what is found. The drop only ends the search. */
    private static final Set<String> ELSEWHERE = Set.of("--output", "--threads", "--trials", "--json", "--report", "--header", "--classes", "--qdq",
            "--qdq-profile", "--dump-scales", "--quant-config", "--no-test-values", "--max-drop", "--budget", "--latency-budget");

    private SearchJob() {}

    /** Name → value, the same for the same work. */
    static Map<String, String> of(ParseResult arguments) {
        Map<String, String> job = new TreeMap<>();
        job.put("program", version());
        for (ArgSpec argument : arguments.matchedArgs()) {
            String name = argument instanceof OptionSpec option ? option.longestName() : "the network";
            if (!ELSEWHERE.contains(name)) {
                Object value = argument.getValue();
                job.put(name, value instanceof Path path ? digest(path) : value instanceof Object[] many ? List.of(many).toString() : String.valueOf(value));
            }
        }
        return job;
    }

    private static String version() {
        try {
            return new RootCommand.Version().getVersion()[0];
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SHA-256 of a file, or of all files in a folder with their names. */
    private static String digest(Path path) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            if (!Files.isDirectory(path)) {
                update(digest, path);
            } else {
                try (Stream<Path> files = Files.walk(path)) {
                    for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                        digest.update(path.relativize(file).toString().getBytes(StandardCharsets.UTF_8));
                        update(digest, file);
                    }
                }
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException | UncheckedIOException e) {
            throw BitgrainException.badInput(path + ": cannot be read");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void update(MessageDigest digest, Path file) throws IOException {
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
    }
}
