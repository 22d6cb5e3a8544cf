package io.github.bitgrain.quantizer.pass;

import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Pad;
import io.github.bitgrain.core.op.Slice;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Negative pads cut, which the chip's kernel does not: what they cut is cut by a Slice in front, or in place of the Pad. */
final class SliceInsteadOfCutting implements GraphPass {
    private static final long BEHIND_ALL = Integer.MAX_VALUE;

    @Override
    public Model apply(Model model) {
        Rewriter rewriter = new Rewriter(model);
        for (Node node : model.graph().nodes()) {
            if (node.op() instanceof Pad pad && cuts(pad) && (pad.mode() == Pad.Mode.CONSTANT || !pads(pad))) {
                Slice slice = slice(pad);
                if (!pads(pad)) {
                    rewriter.replace(node, new Node(node.name(), slice, List.of(node.input(0)), node.outputs()));
                    continue;
                }
                String cut = rewriter.fresh(node.name() + "/cut");
                rewriter.insertBefore(node, new Node(cut, slice, List.of(node.input(0)), List.of(cut)));
                List<String> inputs = new ArrayList<>(node.inputs());
                inputs.set(0, cut);
                Pad rest = new Pad(pad.mode(), pad.begins().stream().map(each -> Math.max(0, each)).toList(),
                        pad.ends().stream().map(each -> Math.max(0, each)).toList(), pad.value());
                rewriter.replace(node, new Node(node.name(), rest, inputs, node.outputs()));
            }
        }
        return rewriter.build();
    }

    private static boolean cuts(Pad pad) {
        return pad.begins().stream().anyMatch(each -> each < 0) || pad.ends().stream().anyMatch(each -> each < 0);
    }

    private static boolean pads(Pad pad) {
        return pad.begins().stream().anyMatch(each -> each > 0) || pad.ends().stream().anyMatch(each -> each > 0);
    }

    private static Slice slice(Pad pad) {
        List<Integer> axes = new ArrayList<>();
        List<Long> starts = new ArrayList<>();
        List<Long> ends = new ArrayList<>();
        for (int axis = 0; axis < pad.begins().size(); axis++) {
            int begin = Math.min(0, pad.begins().get(axis));
            int end = Math.min(0, pad.ends().get(axis));
            if (begin < 0 || end < 0) {
                axes.add(axis);
                starts.add((long) -begin);
                ends.add(end < 0 ? (long) end : BEHIND_ALL);
            }
        }
        return new Slice(axes, starts, ends, Collections.nCopies(axes.size(), 1L));
    }
}
