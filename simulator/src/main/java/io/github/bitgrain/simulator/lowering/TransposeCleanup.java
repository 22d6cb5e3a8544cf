package io.github.bitgrain.simulator.lowering;

import io.github.bitgrain.core.op.PRelu;
import io.github.bitgrain.simulator.ChipAttribute;
import java.util.List;

/** Merges and removes Transposes after the layout pass; two sweeps of ESP-PPQ's exporter. */
final class TransposeCleanup {
    private final Draft draft;

    private TransposeCleanup(Draft draft) {
        this.draft = draft;
    }

    static void run(Draft draft) {
        TransposeCleanup cleanup = new TransposeCleanup(draft);
        for (DraftNode node : List.copyOf(draft.nodes)) {
            cleanup.moveAcrossActivation(node);
        }
        for (DraftNode node : List.copyOf(draft.nodes)) {
            cleanup.mergeWithNext(node);
        }
    }

    private static boolean isTranspose(DraftNode node) {
        return node != null && node.type.equals("Transpose");
    }

    /** Whether the node only moves elements: a conversion would come between otherwise. */
    private static boolean keepsEncoding(DraftNode node) {
        return node.value(0).encoding.equals(node.wanted(0)) && node.wanted(0).equals(node.output().encoding);
    }

    private static Permutation permutation(DraftNode transpose) {
        ChipAttribute.Ints perm = (ChipAttribute.Ints) transpose.attributes.get("perm");
        return Permutation.of(perm.values().stream().mapToInt(Long::intValue).toArray());
    }

    /** Transpose → activation → Transpose: the first one goes, the second does the work of both. */
    private void moveAcrossActivation(DraftNode first) {
        if (!draft.nodes.contains(first) || !isTranspose(first) || !keepsEncoding(first)) {
            return;
        }
        DraftNode activation = draft.onlyReader(first.output());
        if (activation == null || activation.layout != LayoutRule.ANY || activation.op instanceof PRelu) {
            return;
        }
        DraftNode second = draft.onlyReader(activation.output());
        if (!isTranspose(second) || !keepsEncoding(second)) {
            return;
        }
        DraftValue source = first.value(0);
        activation.redirect(0, source);
        activation.output().stored = source.stored;
        second.attribute("perm", permutation(first).then(permutation(second)).toArray());
        draft.nodes.remove(first);
        removeIdentity(second);
    }

    private void mergeWithNext(DraftNode first) {
        if (!draft.nodes.contains(first) || !isTranspose(first) || !keepsEncoding(first)) {
            return;
        }
        DraftNode second = draft.onlyReader(first.output());
        if (isTranspose(second)) {
            second.attribute("perm", permutation(first).then(permutation(second)).toArray());
            second.redirect(0, first.value(0));
            draft.nodes.remove(first);
            removeIdentity(second);
        } else {
            removeIdentity(first);
        }
    }

    private void removeIdentity(DraftNode transpose) {
        if (!permutation(transpose).isIdentity() || !keepsEncoding(transpose)) {
            return;
        }
        DraftValue source = transpose.value(0);
        DraftValue result = transpose.output();
        if (!draft.outputs.contains(result)) {
            draft.nodes.remove(transpose);
            draft.replace(result, source);
            return;
        }
        // The graph's result keeps its name: it takes the place of the value that was transposed.
        DraftNode maker = draft.maker(source);
        if (maker != null && !draft.outputs.contains(source)) {
            draft.nodes.remove(transpose);
            maker.outputs.replaceAll(output -> output == source ? result : output);
            draft.replace(source, result);
        }
    }
}
