package io.github.bitgrain.quantizer.pass;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.ConvTranspose;
import io.github.bitgrain.core.op.InsertZeros;
import io.github.bitgrain.core.op.Pads;
import io.github.bitgrain.core.op.Size;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.Profile;
import java.util.ArrayList;
import java.util.List;

/**
 * ConvTranspose becomes what chips can run: zeros between the input's positions (where the stride is above one), then a Conv
 * with the kernel turned round, its channels swapped within each group, and {@code dilation · (kernel − 1) − pad} of padding.
 * ESP-PPQ forgets the dilation in the padding and the output padding at stride one (defect D6).
 */
final class DecomposeConvTranspose implements GraphPass {
    private final Profile profile;

    DecomposeConvTranspose(Profile profile) {
        this.profile = profile;
    }

    @Override
    public Model apply(Model model) {
        Rewriter rewriter = new Rewriter(model);
        int number = 0;
        for (Node node : model.graph().nodes()) {
            if (!(node.op() instanceof ConvTranspose op) || !model.graph().isParameter(node.input(1))) {
                continue;
            }
            Tensor weight = model.parameters().get(node.input(1));
            String input = node.input(0);
            boolean spread = !op.stride().equals(Size.ONE);
            if (spread) {
                input = "PPQ_Variable_" + number;
                InsertZeros zeros = new InsertZeros(op.stride(), op.outputPadding());
                rewriter.insertBefore(node, new Node("PPQ_Operation_" + number, zeros, List.of(node.input(0)), List.of(input)));
                number++;
            }
            rewriter.put(node.input(1), turned(weight, op.groups()));
            List<String> inputs = new ArrayList<>(node.inputs());
            inputs.set(0, input);
            Conv conv = new Conv(Size.ONE, padding(node, op, weight.shape(), spread), op.dilation(), op.groups());
            rewriter.replace(node, node.withOp(conv).withInputs(inputs));
        }
        return rewriter.build();
    }

    private Pads padding(Node node, ConvTranspose op, Shape weight, boolean spread) {
        boolean flat = weight.rank() == 3;
        int reachH = flat ? 0 : reach(weight.dim(2), op.dilation().h());
        int reachW = reach(weight.dim(-1), op.dilation().w());
        boolean moreBehind = !spread && !profile.isParity();
        Pads pads = new Pads(reachH - op.pads().top(), reachW - op.pads().left(),
                reachH - op.pads().bottom() + (moreBehind ? op.outputPadding().h() : 0),
                reachW - op.pads().right() + (moreBehind ? op.outputPadding().w() : 0));
        if (Math.min(Math.min(pads.top(), pads.left()), Math.min(pads.bottom(), pads.right())) < 0) {
            throw BitgrainException.badInput("node \"" + node.name() + "\" (ConvTranspose): its pads are wider than its kernel reaches; "
                    + "use smaller pads and a Slice behind it");
        }
        return pads;
    }

    private int reach(int taps, int dilation) {
        return (profile.isParity() ? 1 : dilation) * (taps - 1);
    }

    /** [C, M/groups, taps…] → [M, C/groups, taps…], taps in reverse order. */
    private static Tensor turned(Tensor weight, int groups) {
        Shape shape = weight.shape();
        int in = shape.dim(0) / groups;
        int out = shape.dim(1);
        int taps = shape.size(2, shape.rank());
        float[] turned = new float[weight.size()];
        for (int g = 0; g < groups; g++) {
            for (int c = 0; c < in; c++) {
                for (int m = 0; m < out; m++) {
                    int from = ((g * in + c) * out + m) * taps;
                    int to = ((g * out + m) * in + c) * taps;
                    for (int t = 0; t < taps; t++) {
                        turned[to + taps - 1 - t] = weight.data()[from + t];
                    }
                }
            }
        }
        int[] extents = shape.dims();
        extents[0] = out * groups;
        extents[1] = in;
        return new Tensor(Shape.of(extents), turned);
    }
}
