package io.github.bitgrain.quantizer.qat;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.quantizer.nn.BatchNormFold;
import io.github.bitgrain.quantizer.nn.Module;
import io.github.bitgrain.quantizer.nn.QuantizationCalibrator;
import io.github.bitgrain.quantizer.nn.Reparameterizable;
import io.github.bitgrain.quantizer.nn.SelectiveQuantizer;
import io.github.bitgrain.quantizer.nn.UnsignedActivations;
import io.github.bitgrain.quantizer.qat.QuantizationParams.AlreadyQuantized;
import io.github.bitgrain.quantizer.qat.QuantizationParams.FoldBatchNorm;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Post-training quantization and quantization-aware training of module trees, in one call each (SuperGradients: Trainer.ptq,
 * Trainer.qat).
 */
public final class Quantization {
    private Quantization() {}

    /**
     * What quantization gave.
     *
     * @param module quantized tree
     * @param ptqLoss loss of the calibrated tree on the validation data
     * @param ptqScore its watched metric
     * @param training what training gave; null without
     * @param score watched metric of {@code module}
     */
    public record Result<M extends Module>(M module, double ptqLoss, double ptqScore, TrainingResult training, double score) {}

    /**
     * Quantizes and calibrates a copy; the tree stays as it is. Before, parallel branches are fused to single convolutions, and batch
     * normalizations folded, as the parameters say.
     *
     * @param shape of the input of a tree built in Java; null for an imported network
     * @param calibration samples without labels
     * @param batchSize samples of a calibration batch
     * @throws BitgrainException (usage) for a tree that has quantizers, unless the parameters say what to do
     */
    public static <M extends Module> M ptq(M module, Shape shape, DataSource calibration, int batchSize, QuantizationParams params, int threads) {
        return ptq(module, shape, calibration, batchSize, params, threads, params.foldBatchNorm() != FoldBatchNorm.NEVER);
    }

    private static <M extends Module> M ptq(M module, Shape shape, DataSource calibration, int batchSize, QuantizationParams params, int threads,
            boolean fold) {
        @SuppressWarnings("unchecked")
        M copy = (M) module.copy();
        copy.eval();
        boolean quantized = !QuantizationCalibrator.quantizers(copy).isEmpty();
        if (quantized && params.alreadyQuantized() == AlreadyQuantized.ERROR) {
            throw BitgrainException.usage("the model holds quantizers already; recalibrate or keep it, as already_quantized says");
        }
        if (quantized && params.alreadyQuantized() == AlreadyQuantized.KEEP) {
            return copy;
        }
        if (!quantized) {
            Reparameterizable.fusePartially(copy);
            if (fold) {
                BatchNormFold.beforeQuantization(copy, shape);
            }
            new SelectiveQuantizer(io.github.bitgrain.quantizer.nn.QuantRegistry.standard(), params.selective())
                    .skip(params.skipModules().toArray(String[]::new)).quantizeModule(copy, true);
            if (params.unsignedActivations()) {
                UnsignedActivations.apply(copy, shape);
            }
        }
        int batches = params.calibBatches() == 0 ? QuantizationCalibrator.usualBatches(batchSize) : params.calibBatches();
        new QuantizationCalibrator(new QuantizationCalibrator.Options(params.method(), batches, QuantizationCalibrator.Unseen.DISABLE_AND_WARN, threads,
                params.selective().log())).calibrate(copy, shape, calibration.batches(batchSize));
        QuantizationCalibrator.resetCalibrators(copy);
        if (params.alignment() != null) {
            params.alignment().apply(copy, shape);
        }
        return copy;
    }

    /**
     * {@link #ptq}, then training with the quantizers active; their ranges stay as they are, unless they are learned. With
     * {@link QuantizationParams#ptqOnly} no step is trained. A run that is to keep the best state and made the calibrated network worse gives that back.
     *
     * @param calibration samples that calibrate; null: the training samples, without augmentation
     */
    public static <M extends Module> Result<M> qat(M module, Shape shape, TrainingData train, TrainingData valid, DataSource calibration,
            QuantizationParams params, TrainingParams training, TrainingListener listener) {
        M quantized = ptq(module, shape, calibration == null ? train.inputs() : calibration, training.batchSize(), params, training.threads(),
                params.foldBatchNorm() == FoldBatchNorm.ALWAYS || params.foldBatchNorm() == FoldBatchNorm.PTQ && params.ptqOnly());
        ModuleTrainee trainee = new ModuleTrainee(quantized, shape, ModuleTrainee.WeightRanges.FROZEN, training.freezeStatisticsAfter());
        double[] ptq = Trainer.validate(trainee.evaluation(), valid, training);
        Map<String, float[]> calibrated = new LinkedHashMap<>();
        trainee.state().forEach((name, tensor) -> calibrated.put(name, tensor.data().clone()));
        TrainingResult result = params.ptqOnly() ? null : new Trainer(trainee, train, valid, training, listener).train();
        double score = result == null ? ptq[1] : Trainer.validate(trainee.evaluation(), valid, training)[1];
        boolean worse = training.watched().greaterIsBetter() ? score < ptq[1] : score > ptq[1];
        if (worse && training.keep() == TrainingParams.Keep.BEST) {
            trainee.state().forEach((name, tensor) -> System.arraycopy(calibrated.get(name), 0, tensor.data(), 0, tensor.size()));
            score = ptq[1];
        }
        quantized.eval();
        return new Result<>(quantized, ptq[0], ptq[1], result, score);
    }
}
