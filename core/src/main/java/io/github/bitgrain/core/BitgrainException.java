package io.github.bitgrain.core;

import java.util.Objects;

/**
 * A failure that its reader can act on: the message is one line that names the file or node, the reason and the way out.
 * The command line prints it as it stands and ends with {@link Kind#exitCode()}; it never shows a stack trace for one.
 */
public final class BitgrainException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What went wrong, as far as a caller has to tell cases apart; exit codes are those of the command line's contract. */
    public enum Kind {
        /** A check did not hold, for example a verified file that is not bit-exact. */
        CHECK_FAILED(1),
        /** A wrong or unknown option, name or combination. */
        USAGE(2),
        /** A file or data set that cannot be used. */
        BAD_INPUT(65),
        /** No suitable JDK. */
        NO_JDK(69),
        /** A defect of Bitgrain itself. */
        INTERNAL(70),
        /** An output that cannot be written. */
        CANNOT_WRITE(73);

        private final int exitCode;

        Kind(int exitCode) {
            this.exitCode = exitCode;
        }

        /** The exit code of the process that ends with this failure. */
        public int exitCode() {
            return exitCode;
        }
    }

    private final Kind kind;

    /** A failure without a cause worth keeping. */
    public BitgrainException(Kind kind, String message) {
        this(kind, message, null);
    }

    /** A failure that keeps its cause for those who debug. */
    public BitgrainException(Kind kind, String message, Throwable cause) {
        super(oneLine(message), cause);
        this.kind = Objects.requireNonNull(kind, "kind");
    }

    /** Names from hostile files may hold line breaks and escape sequences; neither reaches a terminal. */
    private static String oneLine(String message) {
        return Objects.requireNonNull(message, "message").replaceAll("[\\p{Cntrl}\u2028\u2029]", "?");
    }

    /** The kind of failure. */
    public Kind kind() {
        return kind;
    }

    /** An input file, data set or network that cannot be used. */
    public static BitgrainException badInput(String message) {
        return new BitgrainException(Kind.BAD_INPUT, message);
    }

    /** A wrong option, name or combination of settings. */
    public static BitgrainException usage(String message) {
        return new BitgrainException(Kind.USAGE, message);
    }
}
