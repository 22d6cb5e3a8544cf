package io.github.bitgrain.quantizer.qat;

import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.quantizer.nn.BatchNorm2d;
import io.github.bitgrain.quantizer.nn.Conv2d;
import io.github.bitgrain.quantizer.nn.Linear;
import io.github.bitgrain.quantizer.nn.Network;
import io.github.bitgrain.quantizer.nn.Operator;
import io.github.bitgrain.quantizer.nn.Sequential;
import io.github.bitgrain.quantizer.qat.TrainingParams.Kind;
import io.github.bitgrain.quantizer.qat.TrainingParams.Optimization;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;

/** Quantization-aware training that runs as a process of its own, to be killed and started again. */
final class KillableTraining {
    static final String RESULT = "result.bin";
    static final int EPOCHS = 32;
    private static final Shape IMAGE = Shape.of(1, 1, 8, 8);

    private KillableTraining() {}

    private static TrainingData data(int samples, long seed) {
        Random random = new Random(seed);
        Tensor x = Tensor.zeros(Shape.of(samples, 1, 8, 8));
        Tensor y = Tensor.zeros(Shape.of(samples));
        for (int n = 0; n < samples; n++) {
            y.data()[n] = n % 4;
            for (int i = 0; i < 64; i++) {
                x.data()[n * 64 + i] = (float) (random.nextGaussian() + (i / 16 == n % 4 ? 1 : 0));
            }
        }
        return new TrainingData(DataSource.of(Map.of(Network.INPUT, x)), y, Augmentation.shift(1, 0f));
    }

    /** Trains, going on from what is in the folder; the trained state is then in {@value #RESULT}. */
    static void run(Path folder, int epochs, int threads) throws IOException {
        Random random = new Random(3);
        Sequential net = new Sequential().add("conv", new Conv2d(1, 8, 3, 1, 1, 1, false, random)).add("bn", new BatchNorm2d(8)).add("relu", Operator.relu())
                .add("flatten", Operator.flatten()).add("hidden", new Linear(512, 256, true, random)).add("relu2", Operator.relu())
                .add("fc", new Linear(256, 4, true, random));
        TrainingParams params = TrainingParams.of(epochs, 16, Loss.crossEntropy(0.05), LearningRate.cosine(2e-3, 0.01))
                .optimizer(new Optimization(Kind.ADAMW, 0.9, true, 1e-3, true)).gradients(3, 1.0).ema(new Ema.Setting(Ema.Growth.EXP, 0.99, 15))
                .running(42, threads).checkpoints(folder, true);
        QuantizationParams quantization = QuantizationParams.DEFAULT.selective(io.github.bitgrain.quantizer.nn.SelectiveQuantizer.Options.DEFAULT.bits(4));
        TrainingListener talking = new TrainingListener() {
            @Override
            public void epoch(EpochResult result) {
                System.out.println("epoch " + result.epoch());
                System.out.flush();
            }
        };
        Quantization.Result<Sequential> result = Quantization.qat(net, IMAGE, data(64, 1), data(64, 2), null, quantization, params, talking);
        ByteBuffer bytes = ByteBuffer.allocate(result.module().state().values().stream().mapToInt(tensor -> Float.BYTES * tensor.size()).sum());
        result.module().state().values().forEach(tensor -> {
            for (float value : tensor.data()) {
                bytes.putFloat(value);
            }
        });
        Files.write(folder.resolve(RESULT), bytes.array());
    }

    /** Folder of the checkpoints. */
    public static void main(String[] args) throws IOException {
        run(Path.of(args[0]), EPOCHS, 1);
    }
}
