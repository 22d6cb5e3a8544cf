package io.github.bitgrain.simulator;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds what a Concat or Split of channels need not copy where values are held as whole floats: what is joined can be made in its place at once,
 * what is taken apart can be read where it is. As core's executor does; what a run really finds as whole floats shows then.
 */
final class Joining {
    /** Vectors that are written at the end of a row must not reach into the next part. */
    private static final int LANES = 16;

    /**
     * Where the whole floats of a value lie.
     *
     * @param whole another value
     * @param channel its channel where they begin
     */
    record Place(String whole, int channel) {}

    private final ChipProgram program;
    private final Set<String> kept;
    private final Map<String, ChipNode> makers = new HashMap<>();
    private final Map<String, Place> joined = new LinkedHashMap<>();
    private final Map<String, Place> apart = new LinkedHashMap<>();

    private Joining(ChipProgram program, Set<String> kept) {
        this.program = program;
        this.kept = kept;
    }

    /** @param kept values that others look at after a run */
    static Joining of(ChipProgram program, Set<String> kept) {
        Joining joining = new Joining(program, kept);
        program.nodes().forEach(node -> node.outputs().forEach(name -> joining.makers.put(name, node)));
        program.nodes().forEach(joining::takeApart);
        program.nodes().forEach(joining::join);
        return joining;
    }

    /** Parts of the results of Concats. */
    Map<String, Place> joined() {
        return joined;
    }

    /** Results of Splits. */
    Map<String, Place> apart() {
        return apart;
    }

    /** Lets values live as long as the last of those that lie in them. */
    void extend(Map<String, Integer> lastReaders) {
        for (String name : List.copyOf(lastReaders.keySet())) {
            int last = lastReaders.get(name);
            for (Place at = placeOf(name); at != null; at = placeOf(at.whole)) {
                lastReaders.merge(at.whole, last, Math::max);
            }
        }
    }

    private Place placeOf(String name) {
        return joined.getOrDefault(name, apart.get(name));
    }

    private void takeApart(ChipNode node) {
        if (!node.opType().equals("Split") || node.inputs().isEmpty() || !areChannels(node, node.inputs().getFirst())) {
            return;
        }
        int channel = 0;
        for (String part : node.outputs()) {
            if (isPart(part, node.inputs().getFirst(), channel)) {
                apart.put(part, new Place(node.inputs().getFirst(), channel));
            }
            channel += program.channels(part);
        }
    }

    private void join(ChipNode node) {
        if (!node.opType().equals("Concat") || node.outputs().isEmpty() || !areChannels(node, node.outputs().getFirst())) {
            return;
        }
        int channel = 0;
        for (int i = 0; i < node.inputs().size(); i++) {
            String part = node.inputs().get(i);
            ChipNode maker = makers.get(part);
            String made = maker != null && runsFrom(node, i, maker) ? maker.inputs().getFirst() : part;
            if (makers.containsKey(made) && placeOf(made) == null && isPart(made, node.outputs().getFirst(), channel)) {
                joined.put(made, new Place(node.outputs().getFirst(), channel));
            }
            channel += program.channels(part);
        }
    }

    /** Whether the operands from i on are the results of a Split, all of them in order, none of which is copied. */
    private boolean runsFrom(ChipNode concat, int i, ChipNode split) {
        int count = split.outputs().size();
        return split.opType().equals("Split") && i + count <= concat.inputs().size()
                && concat.inputs().subList(i, i + count).equals(split.outputs()) && apart.keySet().containsAll(split.outputs());
    }

    private boolean isPart(String part, String whole, int channel) {
        ChipValue value = program.values().get(part);
        ChipValue all = program.values().get(whole);
        int end = channel + program.channels(part);
        return value != null && value.type() == all.type() && value.shape().size() == all.shape().size() && rows(value).equals(rows(all))
                && !kept.contains(part) && isWhole(channel) && isWhole(end) && channel < end && end <= program.channels(whole);
    }

    private static List<Integer> rows(ChipValue value) {
        return value.shape().subList(0, value.shape().size() - 1);
    }

    private boolean areChannels(ChipNode node, String name) {
        ChipValue value = program.values().get(name);
        long axis = node.integer("axis", 0);
        return value != null && value.type().isQuantized() && value.shape().size() > 1 && (axis == -1 || axis == value.shape().size() - 1);
    }

    private static boolean isWhole(int channels) {
        return channels % LANES == 0;
    }
}
