package io.github.bitgrain.core.evaluate;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.*;
import io.github.bitgrain.core.plan.Layout;
import io.github.bitgrain.core.plan.LayoutChange;
import io.github.bitgrain.core.plan.PlanBuilder;
import io.github.bitgrain.core.plan.PlanBuilder.Evaluator;
import io.github.bitgrain.kernels.BinaryFunction;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The one table operator → how its steps are made. */
public final class Evaluators {
    private static final Map<Class<? extends Op>, Evaluator<? extends Op>> TABLE = new LinkedHashMap<>();

    private Evaluators() {}

    static {
        evaluator(Conv.class, ProductEvaluators::conv);
        evaluator(ConvTranspose.class, ProductEvaluators::convTranspose);
        evaluator(Gemm.class, ProductEvaluators::gemm);
        evaluator(MatMul.class, ProductEvaluators::matMul);
        evaluator(BatchNorm.class, NormalizationEvaluators::batchNorm);
        evaluator(Gru.class, RecurrentEvaluator::gru);
        evaluator(Lstm.class, RecurrentEvaluator::lstm);
        evaluator(LayerNorm.class, (op, node) -> RowNormalization.emit(op.axis(), op.epsilon(), true, node));
        evaluator(RmsNorm.class, (op, node) -> RowNormalization.emit(op.axis(), op.epsilon(), false, node));
        evaluator(Add.class, (op, node) -> ElementwiseEvaluators.binary(BinaryFunction.ADD, node));
        evaluator(Sub.class, (op, node) -> ElementwiseEvaluators.binary(BinaryFunction.SUBTRACT, node));
        evaluator(Mul.class, (op, node) -> ElementwiseEvaluators.binary(BinaryFunction.MULTIPLY, node));
        evaluator(Div.class, (op, node) -> ElementwiseEvaluators.binary(BinaryFunction.DIVIDE, node));
        evaluator(Max.class, (op, node) -> ElementwiseEvaluators.binary(BinaryFunction.MAXIMUM, node));
        evaluator(Min.class, (op, node) -> ElementwiseEvaluators.binary(BinaryFunction.MINIMUM, node));
        for (Class<? extends Op> type : UnaryForm.operators()) {
            evaluator(type, (op, node) -> ElementwiseEvaluators.unary(UnaryForm.of(op), node));
        }
        evaluator(PRelu.class, (op, node) -> ElementwiseEvaluators.pRelu(node));
        evaluator(FakeQuant.class, ElementwiseEvaluators::fakeQuant);
        evaluator(LinearQuant.class, (op, node) -> LinearQuantForm.of(op, node).evaluate());
        evaluator(MaxPool.class, PoolEvaluators::maxPool);
        evaluator(AveragePool.class, PoolEvaluators::averagePool);
        evaluator(GlobalAveragePool.class, (op, node) -> PoolEvaluators.globalAveragePool(node));
        evaluator(GlobalMaxPool.class, (op, node) -> PoolEvaluators.globalMaxPool(node));
        for (Class<? extends Op> type : List.of(Identity.class, Reshape.class, Flatten.class, Squeeze.class, Unsqueeze.class)) {
            evaluator(type, (op, node) -> ShapeEvaluators.view(node));
        }
        evaluator(LayoutChange.class, (op, node) -> ShapeEvaluators.changeLayout(op.to(), node));
        evaluator(Concat.class, ShapeEvaluators::concat);
        evaluator(Split.class, ShapeEvaluators::split);
        evaluator(Transpose.class, ShapeEvaluators::transpose);
        evaluator(Slice.class, ShapeEvaluators::slice);
        evaluator(DepthToSpace.class, ShapeEvaluators::depthToSpace);
        evaluator(SpaceToDepth.class, ShapeEvaluators::spaceToDepth);
        evaluator(InsertZeros.class, ShapeEvaluators::insertZeros);
        evaluator(Expand.class, (op, node) -> ShapeEvaluators.expand(node));
        evaluator(Tile.class, ShapeEvaluators::tile);
        evaluator(Pad.class, (op, node) -> TapEvaluators.pad(op, node));
        evaluator(Gather.class, (op, node) -> TapEvaluators.along(Taps.of(op, node.in(0).shape()), node));
        evaluator(StreamingCache.class, (op, node) -> TapEvaluators.pad(op.firstRun(node.in(0).shape().rank()), node));
        evaluator(Embedding.class, (op, node) -> EmbeddingForm.evaluate(node));
        evaluator(Resize.class, (op, node) -> TapEvaluators.along(Taps.of(op, node.in(0).shape(), node.outShape(0)), node));
        evaluator(Softmax.class, (op, node) -> NormalizationEvaluators.softmax(false, op.axis(), node));
        evaluator(LogSoftmax.class, (op, node) -> NormalizationEvaluators.softmax(true, op.axis(), node));
        evaluator(ReduceMean.class, (op, node) -> ReductionEvaluators.sum(op.axes(), true, node));
        evaluator(ReduceSum.class, (op, node) -> ReductionEvaluators.sum(op.axes(), false, node));
        evaluator(ReduceMax.class, (op, node) -> ReductionEvaluators.extreme(op.axes(), BinaryFunction.MAXIMUM, node));
        evaluator(ReduceMin.class, (op, node) -> ReductionEvaluators.extreme(op.axes(), BinaryFunction.MINIMUM, node));
        evaluator(TopK.class, Ranking::topK);
        evaluator(ArgMax.class, Ranking::argMax);
        evaluator(GatherElements.class, IndexEvaluators::gatherElements);
        evaluator(GatherNd.class, IndexEvaluators::gatherNd);
        evaluator(IndexedGather.class, IndexEvaluators::indexedGather);
        evaluator(IntegerDiv.class, (op, node) -> WholeEvaluators.quotient(node));
        evaluator(Mod.class, WholeEvaluators::remainder);
        evaluator(Floor.class, (op, node) -> WholeEvaluators.floor(node));
        evaluator(Cast.class, WholeEvaluators::cast);
        evaluator(CrossEntropy.class, (op, node) -> LossEvaluators.crossEntropy(node));
        evaluator(MeanSquaredError.class, (op, node) -> LossEvaluators.meanSquaredError(node));
    }

    /** The operators that can be evaluated, layout changes included. */
    public static Set<Class<? extends Op>> supported() {
        return Collections.unmodifiableSet(TABLE.keySet());
    }

    /** Emits the steps of one node. */
    public static void emit(Node node, PlanBuilder builder) {
        emit(node, node.op(), builder);
    }

    /** The evaluator of layout changes. */
    public static Evaluator<LayoutChange> converter() {
        return (op, node) -> ShapeEvaluators.changeLayout(op.to(), node);
    }

    @SuppressWarnings("unchecked")
    private static <O extends Op> void emit(Node node, O op, PlanBuilder builder) {
        Evaluator<O> evaluator = (Evaluator<O>) TABLE.get(op.getClass());
        if (evaluator == null) {
            throw BitgrainException.badInput(builder.graph().name() + ": " + node + " cannot be evaluated");
        }
        builder.add(node, op, evaluator);
    }

    private static <O extends Op> void evaluator(Class<? extends O> type, Evaluator<O> evaluator) {
        TABLE.put(type, evaluator);
    }
}
