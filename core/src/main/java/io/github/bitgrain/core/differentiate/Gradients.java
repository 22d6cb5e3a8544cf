package io.github.bitgrain.core.differentiate;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.evaluate.PoolEvaluators;
import io.github.bitgrain.core.evaluate.RecurrentForm;
import io.github.bitgrain.core.evaluate.Taps;
import io.github.bitgrain.core.evaluate.UnaryForm;
import io.github.bitgrain.core.op.*;
import io.github.bitgrain.core.plan.LayoutChange;
import io.github.bitgrain.core.plan.NodeGradient;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The one table operator → gradient. With y = op(x…) and dy = ∂loss/∂y, a rule contributes ∂loss/∂x to every x that wants it. */
public final class Gradients {
    private static final Map<Class<? extends Op>, Rule<? extends Op>> TABLE = new LinkedHashMap<>();

    private Gradients() {}

    /** Emits the steps of one gradient. */
    @FunctionalInterface
    interface Rule<O extends Op> {
        void emit(O op, NodeGradient g);
    }

    static {
        rule(Conv.class, ProductGradients::conv);                        // dx = dy ⋆ w turned; dw = x ⋆ dy; db = Σ dy
        rule(ConvTranspose.class, ProductGradients::convTranspose);      // dx = conv(dy, w); dw = dy ⋆ x; db = Σ dy
        rule(Gemm.class, ProductGradients::gemm);                        // da = α dy bᵀ; db = α aᵀ dy; dc = β Σ dy
        rule(MatMul.class, (op, g) -> ProductGradients.matMul(g));       // da = dy bᵀ; db = aᵀ dy
        rule(Gru.class, (op, g) -> RecurrentGradients.emit(RecurrentForm.of(op, g.node()), g));   // backwards through time
        rule(Lstm.class, (op, g) -> RecurrentGradients.emit(RecurrentForm.of(op, g.node()), g));  // Hochreiter and Schmidhuber 1997
        rule(BatchNorm.class, NormalizationGradients::batchNorm);        // Ioffe and Szegedy 2015, section 3
        rule(LayerNorm.class, (op, g) -> RowNormalizationGradients.emit(true, g));
        rule(RmsNorm.class, (op, g) -> RowNormalizationGradients.emit(false, g));
        rule(Max.class, (op, g) -> ElementwiseGradients.extreme(1f, g));  // da = dy · [a > b]; halves where equal
        rule(Min.class, (op, g) -> ElementwiseGradients.extreme(-1f, g)); // da = dy · [a < b]; halves where equal
        rule(DepthToSpace.class, ShapeGradients::depthToSpace);
        rule(SpaceToDepth.class, ShapeGradients::spaceToDepth);
        rule(Add.class, (op, g) -> ElementwiseGradients.sum(g, 1f));     // da = dy; db = dy
        rule(Sub.class, (op, g) -> ElementwiseGradients.sum(g, -1f));    // da = dy; db = −dy
        rule(Mul.class, (op, g) -> ElementwiseGradients.product(g));     // da = dy · b; db = dy · a
        rule(Div.class, (op, g) -> ElementwiseGradients.quotient(g));    // da = dy / b; db = −dy · y / b
        for (Class<? extends Op> type : UnaryForm.operators()) {
            rule(type, (op, g) -> ElementwiseGradients.unary(UnaryForm.of(op), g)); // dx = dy · f′(x)
        }
        rule(PRelu.class, (op, g) -> ElementwiseGradients.pRelu(g));     // dx = dy · (x ≥ 0 ? 1 : s); ds = Σ dy · min(x, 0)
        rule(FakeQuant.class, FakeQuantGradients::straightThrough);      // Jain et al. 2020, eq. 6–8
        rule(LinearQuant.class, LinearQuantGradients::straightThrough);  // dx = dy · [x inside]; learned range: Choi et al. 2018
        rule(MaxPool.class, (op, g) -> PoolGradients.max(PoolEvaluators.shape(op, g.node()), g));
        rule(AveragePool.class, (op, g) -> PoolGradients.average(PoolEvaluators.shape(op, g.node()), g));
        rule(GlobalMaxPool.class, (op, g) -> PoolGradients.max(PoolEvaluators.global(g.node()), g));
        rule(GlobalAveragePool.class, (op, g) -> PoolGradients.average(PoolEvaluators.global(g.node()), g));
        for (Class<? extends Op> type : List.of(Identity.class, Reshape.class, Flatten.class, Squeeze.class, Unsqueeze.class)) {
            rule(type, (op, g) -> { }); // A view: operand and result have one gradient.
        }
        rule(LayoutChange.class, (op, g) -> ShapeGradients.changeLayout(g));
        rule(Concat.class, ShapeGradients::concat);
        rule(Split.class, ShapeGradients::split);
        rule(Transpose.class, ShapeGradients::transpose);
        rule(Slice.class, ShapeGradients::slice);
        rule(InsertZeros.class, ShapeGradients::insertZeros);
        rule(Expand.class, (op, g) -> ElementwiseGradients.sumTo(0, g.dy(0), null, 1, g));
        rule(Pad.class, ShapeGradients::pad);
        rule(Gather.class, (op, g) -> ShapeGradients.along(Taps.of(op, g.node().in(0).shape()), g));
        rule(StreamingCache.class, (op, g) -> ShapeGradients.pad(op.firstRun(g.node().in(0).shape().rank()), g));
        rule(Embedding.class, (op, g) -> ShapeGradients.embedding(g));              // dTable[index] += dy
        rule(Resize.class, (op, g) -> ShapeGradients.along(Taps.of(op, g.node().in(0).shape(), g.node().outShape(0)), g));
        rule(Softmax.class, (op, g) -> NormalizationGradients.softmax(false, op.axis(), g));   // dx = y (dy − Σ dy · y)
        rule(LogSoftmax.class, (op, g) -> NormalizationGradients.softmax(true, op.axis(), g)); // dx = dy − exp(y) Σ dy
        rule(ReduceMean.class, (op, g) -> ReductionGradients.sum(op.axes(), true, g));
        rule(ReduceSum.class, (op, g) -> ReductionGradients.sum(op.axes(), false, g));
        rule(ReduceMax.class, (op, g) -> ReductionGradients.extreme(op.axes(), g));
        rule(ReduceMin.class, (op, g) -> ReductionGradients.extreme(op.axes(), g));
        rule(CrossEntropy.class, (op, g) -> LossGradients.crossEntropy(g));         // dx = (softmax(x) Σ p − p) / N
        rule(MeanSquaredError.class, (op, g) -> LossGradients.meanSquaredError(g)); // dx = 2 (x − t) / n
    }

    /** The operators that have a rule, layout changes included. */
    public static Set<Class<? extends Op>> supported() {
        return Collections.unmodifiableSet(TABLE.keySet());
    }

    /** Emits the gradient of a node, if anything is to be done. */
    @SuppressWarnings("unchecked")
    public static void emit(NodeGradient g) {
        if (!g.needed()) {
            return;
        }
        Op op = g.node().op();
        Rule<Op> rule = (Rule<Op>) TABLE.get(op.getClass());
        if (rule == null) {
            throw BitgrainException.badInput(g.node().node() + " has no gradient; end the network before it");
        }
        rule.emit(op, g);
    }

    private static <O extends Op> void rule(Class<? extends O> type, Rule<O> rule) {
        TABLE.put(type, rule);
    }
}
