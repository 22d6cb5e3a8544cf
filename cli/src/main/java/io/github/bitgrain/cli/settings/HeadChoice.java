package io.github.bitgrain.cli.settings;

import java.util.Locale;

/** What is done with the end of a network behind its last layers. */
public enum HeadChoice {
    /** Cut where it cannot stay. */
    AUTO,
    /** Left to the application. */
    CUT,
    /** Kept on the chip. */
    KEEP;

    /** The name in settings. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
