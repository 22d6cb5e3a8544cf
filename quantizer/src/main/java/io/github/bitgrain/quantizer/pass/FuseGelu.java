package io.github.bitgrain.quantizer.pass;

import io.github.bitgrain.core.graph.Graph;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Div;
import io.github.bitgrain.core.op.Erf;
import io.github.bitgrain.core.op.Gelu;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Op;
import java.util.ArrayList;
import java.util.List;

/**
 * x / 2 · (1 + erf(x / √2)), as exporters write it before ONNX had a Gelu, becomes one Gelu; the factors of the product may
 * stand in any order. ESP-PPQ leaves Erf as an island of float that no chip can load.
 */
final class FuseGelu implements GraphPass {
    private static final double ROOT = Math.sqrt(2);
    private static final double TOLERANCE = 1e-5;

    @Override
    public Model apply(Model model) {
        Rewriter rewriter = new Rewriter(model);
        for (Node node : model.graph().nodes()) {
            if (node.op() instanceof Erf) {
                fuse(model, node, rewriter);
            }
        }
        return rewriter.build();
    }

    private static void fuse(Model model, Node erf, Rewriter rewriter) {
        Graph graph = model.graph();
        Node scaled = graph.producer(erf.input(0));
        Node sum = Rewriter.onlyReader(graph, erf.output());
        if (scaled == null || sum == null || Rewriter.onlyReader(graph, scaled.output()) != erf) {
            return;
        }
        String x = beside(model, scaled, Div.class, ROOT);
        x = x == null ? beside(model, scaled, Mul.class, 1 / ROOT) : x;
        Node product = Rewriter.onlyReader(graph, sum.output());
        if (x == null || product == null || !erf.output().equals(beside(model, sum, Add.class, 1))) {
            return;
        }
        List<Node> gone = new ArrayList<>(List.of(scaled, erf, sum, product));
        Node last = finish(model, x, sum, product, gone);
        if (last == null) {
            return;
        }
        gone.remove(last);
        gone.forEach(rewriter::remove);
        rewriter.replace(last, new Node(last.name(), new Gelu(false), List.of(x), last.outputs()));
    }

    /** The node that ends the pattern, or null; what lies between is added to {@code gone}. */
    private static Node finish(Model model, String x, Node sum, Node product, List<Node> gone) {
        Graph graph = model.graph();
        if (!(product.op() instanceof Mul)) {
            return null;
        }
        String factor = product.input(0).equals(sum.output()) ? product.input(1) : product.input(0);
        if (factor.equals(x)) {
            // (x · (1 + erf)) · ½
            return halved(model, product, gone);
        }
        if (sum.output().equals(beside(model, product, Mul.class, 0.5))) {
            // ((1 + erf) · ½) · x
            Node next = Rewriter.onlyReader(graph, product.output());
            boolean fits = next != null && next.op() instanceof Mul && next.inputs().contains(x);
            if (fits) {
                gone.add(next);
            }
            return fits ? next : null;
        }
        Node half = graph.producer(factor);
        // (x · ½) · (1 + erf)
        boolean fits = half != null && x.equals(beside(model, half, Mul.class, 0.5)) && Rewriter.onlyReader(graph, factor) == product;
        if (fits) {
            gone.add(half);
        }
        return fits ? product : null;
    }

    private static Node halved(Model model, Node product, List<Node> gone) {
        Node next = Rewriter.onlyReader(model.graph(), product.output());
        if (next == null || !product.output().equals(beside(model, next, Mul.class, 0.5))) {
            return null;
        }
        gone.add(next);
        return next;
    }

    /** The operand beside the constant number {@code value}, if the node is such an operator. */
    private static String beside(Model model, Node node, Class<? extends Op> type, double value) {
        if (!type.isInstance(node.op())) {
            return null;
        }
        if (isNumber(model, node.input(1), value)) {
            return node.input(0);
        }
        return type != Div.class && isNumber(model, node.input(0), value) ? node.input(1) : null;
    }

    private static boolean isNumber(Model model, String name, double value) {
        return model.graph().isParameter(name) && model.parameters().get(name).size() == 1
                && Math.abs(model.parameters().get(name).data()[0] - value) <= TOLERANCE * value;
    }
}
