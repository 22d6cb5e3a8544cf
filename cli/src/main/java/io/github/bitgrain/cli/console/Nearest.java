package io.github.bitgrain.cli.console;

import java.util.Collection;
import java.util.Optional;

/** The known name that a misspelt one most likely means. */
public final class Nearest {
    private Nearest() {}

    /** The candidate with the smallest edit distance, if at most about a third of the letters differ; the first of equals. */
    public static Optional<String> to(String word, Collection<String> candidates) {
        String best = null;
        int least = Math.max(2, word.length() / 3) + 1;
        for (String candidate : candidates) {
            int distance = distance(word, candidate);
            if (distance < least) {
                least = distance;
                best = candidate;
            }
        }
        return Optional.ofNullable(best);
    }

    /** The end of a message about a misspelt name: {@code "; did you mean 'x'?"}, or nothing. */
    public static String hint(String word, Collection<String> candidates) {
        return to(word, candidates).map(name -> "; did you mean '" + name + "'?").orElse("");
    }

    /** Insertions, deletions, replacements and exchanges of neighbours (optimal string alignment distance). */
    private static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            d[i][0] = i;
        }
        for (int j = 0; j <= b.length(); j++) {
            d[0][j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            for (int j = 1; j <= b.length(); j++) {
                int replace = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                d[i][j] = Math.min(replace, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], 1 + d[i - 2][j - 2]);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
