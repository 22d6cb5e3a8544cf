package io.github.bitgrain.quantizer.qat;

import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.quantizer.nn.Module;
import io.github.bitgrain.quantizer.nn.Network;
import io.github.bitgrain.quantizer.nn.QuantizationCalibrator;

/** Precision of an exported tree (SuperGradients: ExportQuantizationMode). */
public enum ExportMode {
    /** That of the tree: floats, or integers if it has quantizers. */
    NONE,
    /** Parameters in half precision; for float trees. */
    FP16,
    /** Quantizers; a float tree is quantized and calibrated for it. */
    INT8;

    /**
     * A network that is ready to be written.
     *
     * @param model the network
     * @param mode {@link #NONE} for floats, FP16, or INT8 for quantizers, whatever was asked for
     */
    public record Prepared(Model model, ExportMode mode) {}

    /**
     * Prepares a tree, which stays as it is. INT8 of a float tree is {@link Quantization#ptq} with the defaults; a tree with quantizers is
     * INT8 also where nothing is asked for.
     *
     * @param shape of the input of a tree built in Java; null for an imported network
     * @param calibration samples for INT8 of a float tree; else null
     * @param batchSize samples of a calibration batch
     * @throws BitgrainException (usage) for FP16 of a quantized tree, and for INT8 of a float one without calibration samples; (bad input)
     *     for quantizers without ranges
     */
    public Prepared prepare(Module module, Shape shape, DataSource calibration, int batchSize, int threads) {
        boolean quantized = QuantizationCalibrator.quantizers(module).values().stream().anyMatch(quantizer -> quantizer.isEnabled());
        if (this == FP16 && quantized) {
            throw BitgrainException.usage("export: FP16 was asked for, but the model is quantized; ask for INT8, or export the float model");
        }
        if (this == INT8 && !quantized && calibration == null) {
            throw BitgrainException.usage("export: INT8 of a float model needs calibration samples");
        }
        Module ready = this == INT8 && !quantized
                ? Quantization.ptq(module, shape, calibration, batchSize, QuantizationParams.DEFAULT, threads)
                : module.copy().eval();
        QuantizationCalibrator.assertCalibrated(ready);
        return new Prepared(Network.of(ready, shape).model(), quantized ? INT8 : this);
    }
}
