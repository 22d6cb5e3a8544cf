package io.github.bitgrain.benchmarks;

import io.github.bitgrain.cli.example.StrokeData;
import io.github.bitgrain.cli.example.StrokeImages.Split;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.graph.Node;
import io.github.bitgrain.core.op.LogSoftmax;
import io.github.bitgrain.core.op.Softmax;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.amax.AmaxMethod;
import io.github.bitgrain.quantizer.amax.CalibMethod;
import io.github.bitgrain.quantizer.nn.GraphModule;
import io.github.bitgrain.quantizer.nn.SelectiveQuantizer;
import io.github.bitgrain.quantizer.qat.LearningRate;
import io.github.bitgrain.quantizer.qat.Loss;
import io.github.bitgrain.quantizer.qat.ModuleTrainee;
import io.github.bitgrain.quantizer.qat.Quantization;
import io.github.bitgrain.quantizer.qat.QuantizationParams;
import io.github.bitgrain.quantizer.qat.Trainer;
import io.github.bitgrain.quantizer.qat.TrainingData;
import io.github.bitgrain.quantizer.qat.TrainingListener;
import io.github.bitgrain.quantizer.qat.TrainingParams;
import java.util.List;
import java.util.Locale;

/**
 * Quantization-aware training of the embedded example at few bits: accuracy on unseen pictures, mean and worst of several seeds, beside
 * the float network fine-tuned for the same epochs and the best calibration.
 */
public final class FewBits {
    private static final int SAMPLES = 4096;
    private static final int BATCH = 64;
    private static final int CALIBRATION_BATCHES = 16;
    private static final List<AmaxMethod> METHODS = List.of(AmaxMethod.of(AmaxMethod.Kind.MAX), AmaxMethod.percentile(99), AmaxMethod.percentile(99.9),
            AmaxMethod.percentile(99.99), AmaxMethod.of(AmaxMethod.Kind.MSE), AmaxMethod.of(AmaxMethod.Kind.ENTROPY));

    private final TrainingData train;
    private final TrainingData valid = data(Split.EVALUATION, SAMPLES);
    private final Model network = logits(StrokeData.model());
    private final int epochs;
    private final double rate;
    private final int seeds;
    private final int threads;

    private FewBits(int epochs, double rate, int seeds, int threads, int pictures) {
        train = data(Split.TRAIN, pictures);
        this.epochs = epochs;
        this.rate = rate;
        this.seeds = seeds;
        this.threads = threads;
    }

    /**
     * Measures.
     *
     * @param arguments epochs, learning rate, number of seeds, threads, training pictures
     */
    public static void main(String[] arguments) {
        if (arguments.length != 5) {
            System.err.println("usage: FewBits EPOCHS RATE SEEDS THREADS PICTURES");
            System.exit(2);
        }
        new FewBits(Integer.parseInt(arguments[0]), Double.parseDouble(arguments[1]), Integer.parseInt(arguments[2]), Integer.parseInt(arguments[3]),
                Integer.parseInt(arguments[4])).run();
    }

    private static TrainingData data(Split split, int samples) {
        int[] labels = StrokeData.labels(split, samples);
        float[] values = new float[labels.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = labels[i];
        }
        return new TrainingData(StrokeData.pictures(split, samples), Tensor.vector(values));
    }

    /** What comes before a last Softmax. */
    private static Model logits(Model model) {
        Node maker = model.graph().producer(model.graph().outputs().getFirst());
        if (!(maker.op() instanceof Softmax) && !(maker.op() instanceof LogSoftmax)) {
            return model;
        }
        List<String> outputs = List.of(maker.input(0));
        return new Model(model.graph().edit().outputs(outputs).nodes(model.graph().needed(outputs)).build(), model.parameters());
    }

    private TrainingParams params(long seed) {
        return TrainingParams.of(epochs, BATCH, Loss.crossEntropy(0), LearningRate.cosine(rate, 0.01)).running(seed, threads);
    }

    private void run() {
        double before = Trainer.validate(network, valid, params(0))[1];
        double[] tuned = new double[seeds];
        for (int seed = 0; seed < seeds; seed++) {
            GraphModule module = GraphModule.of(network);
            tuned[seed] = new Trainer(new ModuleTrainee(module, null), train, valid, params(seed), TrainingListener.NONE).train().bestScore();
        }
        System.out.printf(Locale.ROOT, "%d epochs, rate %s, %d unseen pictures; float %.4f, fine-tuned %.4f (mean of %d seeds)%n%n", epochs, rate,
                SAMPLES, before, mean(tuned), seeds);
        System.out.println("| bits | scales | PTQ, best calibration | QAT: mean, worst seed | below float | seeds below PTQ |");
        System.out.println("|---|---|---|---|---|---|");
        for (int bits : new int[] {4, 3}) {
            for (boolean powerOfTwo : new boolean[] {false, true}) {
                row(bits, powerOfTwo, mean(tuned));
            }
        }
    }

    private void row(int bits, boolean powerOfTwo, double reference) {
        AmaxMethod best = null;
        double ptq = -1;
        for (AmaxMethod method : METHODS) {
            double score = Trainer.validate(new ModuleTrainee(calibrated(bits, powerOfTwo, method), null).evaluation(), valid, params(0))[1];
            if (score > ptq) {
                ptq = score;
                best = method;
            }
        }
        double[] scores = new double[seeds];
        int below = 0;
        for (int seed = 0; seed < seeds; seed++) {
            ModuleTrainee trainee = new ModuleTrainee(calibrated(bits, powerOfTwo, best), null, ModuleTrainee.WeightRanges.FROZEN, (epochs + 1) / 2);
            scores[seed] = new Trainer(trainee, train, valid, params(seed), TrainingListener.NONE).train().bestScore();
            below += scores[seed] < ptq ? 1 : 0;
        }
        double worst = java.util.Arrays.stream(scores).min().orElseThrow();
        System.out.printf(Locale.ROOT, "| %d | %s | %.4f (%s) | %.4f, %.4f | %.4f | %d |%n", bits, powerOfTwo ? "powers of two" : "free", ptq,
                best.kind().name().toLowerCase(Locale.ROOT), mean(scores), worst, reference - mean(scores), below);
    }

    /** Normalizations stay, scales are learned; operands that cannot be negative have unsigned integers, twice as many levels. */
    private GraphModule calibrated(int bits, boolean powerOfTwo, AmaxMethod method) {
        CalibMethod inputs = method.kind() == AmaxMethod.Kind.MAX ? CalibMethod.MAX : CalibMethod.HISTOGRAM;
        SelectiveQuantizer.Options options = SelectiveQuantizer.Options.DEFAULT.bits(bits).powerOfTwo(powerOfTwo).calibrators(CalibMethod.MAX, inputs)
                .learnScale(true);
        QuantizationParams quantization = QuantizationParams.DEFAULT.selective(options).calibration(method, CALIBRATION_BATCHES)
                .unsignedActivations(true).foldBatchNorm(QuantizationParams.FoldBatchNorm.NEVER);
        return Quantization.ptq(GraphModule.of(network), null, train.inputs(), BATCH, quantization, threads);
    }

    private static double mean(double[] values) {
        return java.util.Arrays.stream(values).average().orElseThrow();
    }
}
