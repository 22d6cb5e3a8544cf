package io.github.bitgrain.quantizer.analyze;

/**
 * How far a quantized value is from the float one; each measure is the mean over the samples.
 *
 * @param node name of the layer
 * @param snr noise power ÷ signal power: Σ(q − f)² ÷ (Σf² + 1e-7); smaller is better
 * @param mse mean of (q − f)²
 * @param cosine q·f ÷ (|q| |f|); 1 is best
 */
public record LayerError(String node, double snr, double mse, double cosine) {
    /** Keeps the division defined for an all-zero signal; the constant of ESP-PPQ's measure. */
    private static final double TINY = 1e-7;

    /** Gathers samples. */
    static final class Sum {
        private double snr;
        private double mse;
        private double cosine;
        private int samples;

        /** Takes {@code size} elements from {@code start} on as one sample. */
        void add(float[] quantized, float[] real, int start, int size) {
            double noise = 0;
            double signal = 0;
            double own = 0;
            double product = 0;
            for (int i = start; i < start + size; i++) {
                double q = quantized[i];
                double f = real[i];
                noise += (q - f) * (q - f);
                signal += f * f;
                own += q * q;
                product += q * f;
            }
            snr += noise / (signal + TINY);
            mse += noise / size;
            cosine += own > 0 && signal > 0 ? product / Math.sqrt(own) / Math.sqrt(signal) : own == signal ? 1 : 0;
            samples++;
        }

        LayerError mean(String node) {
            return new LayerError(node, snr / samples, mse / samples, cosine / samples);
        }
    }
}
