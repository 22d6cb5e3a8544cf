package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.Add;
import io.github.bitgrain.core.op.Conv;
import io.github.bitgrain.core.op.FakeQuant;
import io.github.bitgrain.core.op.Mul;
import io.github.bitgrain.core.op.Op;
import io.github.bitgrain.core.op.Sigmoid;
import io.github.bitgrain.core.op.Swish;
import io.github.bitgrain.core.plan.PlanBuilder;
import io.github.bitgrain.core.tensor.Shape;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Joins convolutions with the function, the fake quantization and the sum that follow, where nobody else reads the values in between: they then
 * leave the cache once instead of three times. For execution without gradients, which need those values.
 */
public final class Fusion {
    private final Map<String, List<Node>> readers;
    private final Set<String> kept;
    private final Set<String> known = new HashSet<>();
    private final Set<Node> absorbed = new HashSet<>();
    private final Function<String, Shape> shapes;
    private final List<Node> result = new ArrayList<>();

    private Fusion(List<Node> nodes, Collection<String> given, Set<String> kept, Function<String, Shape> shapes) {
        this.kept = kept;
        this.shapes = shapes;
        known.addAll(given);
        readers = readers(nodes);
        for (Node node : nodes) {
            if (!absorbed.contains(node)) {
                Node joined = node.op() instanceof Conv conv ? join(node, conv) : node;
                result.add(joined);
                known.addAll(joined.outputs());
            }
        }
    }

    /**
     * The nodes with the joined ones in place of their convolutions.
     *
     * @param nodes nodes in execution order
     * @param given values that exist before the first node
     * @param kept values that must come into being
     * @param shapes shape of each value
     */
    public static List<Node> of(List<Node> nodes, Collection<String> given, Set<String> kept, Function<String, Shape> shapes) {
        return new Fusion(nodes, given, kept, shapes).result;
    }

    /**
     * Emits the nodes of {@link #of}, without copies where a Concat or Split needs none.
     *
     * @param made is told of every node whose results exist now
     */
    public static void emit(List<Node> nodes, Set<String> kept, PlanBuilder builder, Consumer<Node> made) {
        Joining.plan(nodes, kept, builder);
        for (Node node : nodes) {
            emit(node, builder);
            made.accept(node);
        }
    }

    private static void emit(Node node, PlanBuilder builder) {
        if (node.op() instanceof FusedConv fused) {
            builder.add(node, fused, ProductEvaluators::conv);
        } else {
            Evaluators.emit(node, builder);
        }
    }

    private Node join(Node node, Conv conv) {
        String value = node.output();
        UnaryForm function = null;
        List<Node> followers = followers(value);
        Node swish = swish(value, followers);
        if (swish != null) {
            function = UnaryForm.of(new Swish());
            absorbed.addAll(followers);
            value = swish.output();
        } else if (followers.size() == 1 && UnaryForm.operators().contains(followers.getFirst().op().getClass())) {
            Node follower = followers.getFirst();
            function = UnaryForm.of(follower.op());
            absorbed.add(follower);
            value = follower.output();
        }
        List<String> operands = new ArrayList<>(node.inputs());
        while (operands.size() < FusedConv.OPERANDS) {
            operands.add(Node.OMITTED);
        }
        FakeQuant quantizer = null;
        followers = followers(value);
        Node rounding = followers.size() == 1 ? followers.getFirst() : null;
        if (rounding != null && rounding.op() instanceof FakeQuant fakeQuant && !fakeQuant.perChannel() && rounding.input(0).equals(value)
                && known.contains(rounding.input(1))) {
            quantizer = fakeQuant;
            operands.set(FusedConv.ALPHA, rounding.input(1));
            absorbed.add(rounding);
            value = rounding.output();
            followers = followers(value);
        }
        if (followers.size() == 1 && followers.getFirst().op() instanceof Add) {
            Node sum = followers.getFirst();
            String other = sum.input(0).equals(value) ? sum.input(1) : sum.input(0);
            if (known.contains(other) && shapes.apply(other).equals(shapes.apply(value))) {
                operands.set(FusedConv.RESIDUAL, other);
                absorbed.add(sum);
                value = sum.output();
            }
        }
        Op op = new FusedConv(conv, function, quantizer);
        return value.equals(node.output()) ? node : new Node(node.name(), op, operands, List.of(value));
    }

    /** By value, the nodes that read it, in order. */
    static Map<String, List<Node>> readers(List<Node> nodes) {
        Map<String, List<Node>> readers = new HashMap<>();
        for (Node node : nodes) {
            for (String input : new HashSet<>(node.inputs())) {
                readers.computeIfAbsent(input, key -> new ArrayList<>()).add(node);
            }
        }
        return readers;
    }

    /** Who reads a value that need not come into being; nobody if it must. */
    private List<Node> followers(String value) {
        return kept.contains(value) ? List.of() : readers.getOrDefault(value, List.of());
    }

    /** The product of x with its Sigmoid, if both are all that becomes of x. */
    private Node swish(String x, List<Node> followers) {
        if (followers.size() != 2) {
            return null;
        }
        Node sigmoid = followers.get(followers.get(0).op() instanceof Sigmoid ? 0 : 1);
        Node product = followers.get(followers.get(0) == sigmoid ? 1 : 0);
        boolean matches = sigmoid.op() instanceof Sigmoid && product.op() instanceof Mul && product.inputs().contains(sigmoid.output())
                && product.inputs().contains(x) && followers(sigmoid.output()).equals(List.of(product));
        return matches ? product : null;
    }
}
