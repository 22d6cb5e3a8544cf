package io.github.bitgrain.cli.pipeline;

import io.github.bitgrain.cli.settings.HeadChoice;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.head.NetworkHead;
import io.github.bitgrain.quantizer.head.SharedScale;
import io.github.bitgrain.quantizer.pass.GraphPasses;
import io.github.bitgrain.simulator.lowering.ChipOperators;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Whether the end of a network runs on the chip, and what the chip's outputs are called.
 *
 * @param names names of the outputs in order; empty: as the network has them
 * @param spelling how messages name the options
 */
public record HeadPolicy(HeadChoice choice, List<String> names, Spelling spelling) {
    private static final String HEAD = "head";
    private static final String NAMES = "output-names";
    private static final int SAMPLES = 16;
    /** With fewer bits a value is a guess. */
    private static final int FEWEST_BITS = 4;
    private static final int ENOUGH_BITS = 7;

    /** Takes a copy of the names. */
    public HeadPolicy {
        names = List.copyOf(names);
    }

    /** Refuses combinations without a meaning. */
    public void check(boolean streams) {
        if (choice == HeadChoice.CUT && streams) {
            throw BitgrainException.usage(spelling.of(HEAD, "cut") + ": cannot be joined with --streaming, whose runs give a few frames of what the head reads");
        }
    }

    /**
     * Cuts as asked, and names the outputs of what is left.
     *
     * @param samples inputs of the network
     * @param bits width of activations
     * @param streams whether the model gets a few frames at a time
     * @param warn gets a line where nothing can be cut though it was asked for
     */
    public HeadCut cut(Model network, DataSource samples, int bits, Profile profile, boolean streams, int threads, Consumer<String> warn) {
        HeadCut cut = parts(network, samples, bits, profile, streams, threads, warn);
        if (names.isEmpty()) {
            return cut;
        }
        Map<String, String> renamed = renamed(network, cut.body());
        NetworkHead head = cut.head() == null ? null : cut.head().renamed(renamed);
        return new HeadCut(head == null ? NetworkHead.renamed(network, renamed) : head.body(), head, cut.reason(), cut.hint());
    }

    private Map<String, String> renamed(Model network, Model body) {
        List<String> outputs = body.graph().outputs();
        if (names.size() != outputs.size()) {
            throw BitgrainException.usage(spelling.of(NAMES) + ": the model has " + outputs.size() + (outputs.size() == 1 ? " output, not " : " outputs, not ")
                    + names.size() + ": " + String.join(", ", outputs));
        }
        Map<String, String> renamed = new LinkedHashMap<>();
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            boolean taken = !name.equals(outputs.get(i)) && (network.graph().producer(name) != null || network.graph().isParameter(name)
                    || network.graph().inputs().containsKey(name));
            if (taken || name.isBlank() || renamed.containsValue(name)) {
                throw BitgrainException.usage(spelling.of(NAMES) + ": \"" + name + (name.isBlank() ? "\" is no name" : "\" is the name of another value of the network"));
            }
            renamed.put(outputs.get(i), name);
        }
        return renamed;
    }

    private HeadCut parts(Model network, DataSource samples, int bits, Profile profile, boolean streams, int threads, Consumer<String> warn) {
        boolean keep = choice == HeadChoice.KEEP || choice == HeadChoice.AUTO && profile.isParity() || streams;
        NetworkHead head = keep ? null : NetworkHead.of(network);
        if (head == null) {
            if (choice == HeadChoice.CUT) {
                warn.accept(spelling.of(HEAD, "cut") + ": the network ends with its last layer: nothing is left that the application could do");
            }
            return HeadCut.none(network, null);
        }
        if (choice == HeadChoice.CUT) {
            return new HeadCut(head.body(), head, null, null);
        }
        Node missing = ChipOperators.firstUnsupported(GraphPasses.apply(head.head(), profile).graph());
        if (missing != null) {
            return new HeadCut(head.body(), head, "the chip has no " + missing.op().onnxType() + " (\"" + missing.name() + "\")", null);
        }
        SharedScale worst = SharedScale.worst(network, head, samples.range(0, Math.min(SAMPLES, samples.samples())), threads);
        int kept = worst == null ? bits : Math.max(0, bits - worst.lostBits());
        if (kept >= ENOUGH_BITS) {
            return HeadCut.none(network, null);
        }
        String loss = String.format(Locale.ROOT, "\"%s\" keeps %d of %d bits beside larger values in \"%s\"", worst.part(), kept, bits,
                worst.joined());
        return kept < FEWEST_BITS
                ? new HeadCut(head.body(), head, loss, null)
                : HeadCut.none(network, "hint: " + loss + "; " + spelling.of(HEAD, "cut") + " gives each a scale of its own and leaves it to the application to join them");
    }
}
