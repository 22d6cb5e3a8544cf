package io.github.bitgrain.testing;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The folder of golden data and trained models that tests read in place: system property {@code bitgrain.shared}, by
 * default {@code ../shared} beside the checkout. It is not part of the project; a test that needs a missing part of it is
 * skipped with the reason, except where the environment says {@code CI=true}: there it fails.
 */
public final class SharedData {
    private SharedData() {}

    /** The file or folder at {@code relative} inside the shared folder; skips the test (CI: fails it) when absent. */
    public static Path path(String relative) {
        Path file = root().resolve(relative);
        if (!Files.exists(file)) {
            String reason = "shared data is missing: " + file + " (set -Dbitgrain.shared=FOLDER)";
            if ("true".equals(System.getenv("CI"))) {
                fail(reason);
            }
            assumeTrue(false, reason);
        }
        return file;
    }

    /** Whether {@code relative} exists; for parameter sources, which cannot skip. On CI use {@link #path} as well. */
    public static boolean has(String relative) {
        return Files.exists(root().resolve(relative));
    }

    private static Path root() {
        String folder = System.getProperty("bitgrain.shared");
        if (folder == null) {
            // From an IDE: the working directory is the module or the checkout root.
            Path here = Path.of("").toAbsolutePath();
            Path checkout = Files.exists(here.resolve("kernels/pom.xml")) ? here : here.getParent();
            return checkout.resolveSibling("shared");
        }
        return Path.of(folder).toAbsolutePath().normalize();
    }
}
