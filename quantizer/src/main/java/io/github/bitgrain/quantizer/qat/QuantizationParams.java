package io.github.bitgrain.quantizer.qat;

import io.github.bitgrain.quantizer.amax.AmaxMethod;
import io.github.bitgrain.quantizer.nn.QuantizationCalibrator;
import io.github.bitgrain.quantizer.nn.ScaleAlignment;
import io.github.bitgrain.quantizer.nn.SelectiveQuantizer;
import java.util.List;

/**
 * How a module tree is quantized and calibrated.
 *
 * @param ptqOnly whether nothing is trained
 * @param selective defaults of the quantizers
 * @param skipModules paths and patterns that stay in float
 * @param method how ranges are taken from histograms
 * @param calibBatches number of calibration batches; 0: about {@value QuantizationCalibrator#USUAL_SAMPLES} samples
 * @param alignment which scales become one; null for none
 * @param unsignedActivations whether operands that cannot be negative get unsigned integers
 * @param foldBatchNorm when batch normalizations go into the layers before them, before these are quantized
 * @param alreadyQuantized what happens to a tree that has quantizers
 */
public record QuantizationParams(
        boolean ptqOnly,
        SelectiveQuantizer.Options selective,
        List<String> skipModules,
        AmaxMethod method,
        int calibBatches,
        ScaleAlignment alignment,
        boolean unsignedActivations,
        FoldBatchNorm foldBatchNorm,
        AlreadyQuantized alreadyQuantized) {
    private static final int USUAL_BATCHES = 16;

    /** When batch normalizations are folded. */
    public enum FoldBatchNorm {
        /** Always: training begins with the folded layers. */
        ALWAYS,
        /** Where nothing is trained afterwards; in training they stay, with statistics that go on. */
        PTQ,
        /** Never. */
        NEVER
    }

    /** What happens to a tree that has quantizers. */
    public enum AlreadyQuantized {
        /** It is refused. */
        ERROR,
        /** Its quantizers get new ranges. */
        RECALIBRATE,
        /** It is taken as it is. */
        KEEP
    }

    /** SuperGradients' defaults: percentile 99.99 of 16 batches; and aligned scales. */
    public static final QuantizationParams DEFAULT = new QuantizationParams(false, SelectiveQuantizer.Options.DEFAULT, List.of(),
            AmaxMethod.of(AmaxMethod.Kind.PERCENTILE), USUAL_BATCHES, ScaleAlignment.DEFAULT, false, FoldBatchNorm.PTQ, AlreadyQuantized.ERROR);

    /** Takes a copy. */
    public QuantizationParams {
        skipModules = List.copyOf(skipModules);
    }

    /** These with other defaults of the quantizers. */
    public QuantizationParams selective(SelectiveQuantizer.Options options) {
        return new QuantizationParams(ptqOnly, options, skipModules, method, calibBatches, alignment, unsignedActivations, foldBatchNorm, alreadyQuantized);
    }

    /** These with another calibration. */
    public QuantizationParams calibration(AmaxMethod newMethod, int batches) {
        return new QuantizationParams(ptqOnly, selective, skipModules, newMethod, batches, alignment, unsignedActivations, foldBatchNorm, alreadyQuantized);
    }

    /** These with modules that stay in float. */
    public QuantizationParams skip(String... paths) {
        return new QuantizationParams(ptqOnly, selective, List.of(paths), method, calibBatches, alignment, unsignedActivations, foldBatchNorm, alreadyQuantized);
    }

    /** These with unsigned integers for operands that cannot be negative, or not. */
    public QuantizationParams unsignedActivations(boolean wanted) {
        return new QuantizationParams(ptqOnly, selective, skipModules, method, calibBatches, alignment, wanted, foldBatchNorm, alreadyQuantized);
    }

    /** These with another rule for batch normalizations. */
    public QuantizationParams foldBatchNorm(FoldBatchNorm rule) {
        return new QuantizationParams(ptqOnly, selective, skipModules, method, calibBatches, alignment, unsignedActivations, rule, alreadyQuantized);
    }

    /** These with another rule for trees that have quantizers. */
    public QuantizationParams alreadyQuantized(AlreadyQuantized rule) {
        return new QuantizationParams(ptqOnly, selective, skipModules, method, calibBatches, alignment, unsignedActivations, foldBatchNorm, rule);
    }
}
