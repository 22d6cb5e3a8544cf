package io.github.bitgrain.cli.pipeline;

import io.github.bitgrain.cli.console.Json;
import io.github.bitgrain.cli.network.InputMaps;
import io.github.bitgrain.cli.network.Verification;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.op.StreamingCache;
import io.github.bitgrain.core.quant.FakeQuantization;
import io.github.bitgrain.core.quant.QuantPlan;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Tensor;
import io.github.bitgrain.exporter.WholeFile;
import io.github.bitgrain.exporter.espdl.EspdlReader;
import io.github.bitgrain.exporter.espdl.EspdlWriter;
import io.github.bitgrain.quantizer.Profile;
import io.github.bitgrain.quantizer.head.NetworkHead;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.TestVectors;
import io.github.bitgrain.simulator.lowering.LoweredModel;
import io.github.bitgrain.simulator.lowering.Lowering;
import io.github.bitgrain.simulator.lowering.LoweringOptions;
import io.github.bitgrain.simulator.lowering.StreamingConversion;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes a lowered network as an {@code .espdl} file and checks what was written. */
public final class Export {
    /** Metadata key of the settings in force, JSON. */
    public static final String SETTINGS_KEY = "bitgrain.settings";

    private Export() {}

    /** The program with test vectors: the first calibration sample and what the simulator computes from it. */
    public static ChipProgram withTestVectors(LoweredModel lowered, DataSource calibration) {
        Map<String, float[]> inputs = new LinkedHashMap<>();
        calibration.read(0, 1).forEach((name, tensor) -> inputs.put(name, lowered.toChipOrder(name, firstFrames(tensor, lowered, name))));
        return TestVectors.embed(lowered.program(), inputs);
    }

    /** A streaming program takes the first frames of a sample, all others take it whole. */
    private static float[] firstFrames(Tensor sample, LoweredModel lowered, String input) {
        int wanted = lowered.program().value(input).count();
        if (sample.size() == wanted) {
            return sample.data();
        }
        int sequence = sample.shape().dim(StreamingCache.FRAMES);
        int inner = sample.shape().size(StreamingCache.FRAMES + 1, sample.shape().rank());
        int frames = Math.toIntExact((long) wanted * sequence / sample.size());
        float[] first = new float[wanted];
        for (int row = 0; row < wanted / (frames * inner); row++) {
            System.arraycopy(sample.data(), row * sequence * inner, first, row * frames * inner, frames * inner);
        }
        return first;
    }

    /** How a profile lowers. */
    public static LoweringOptions lowering(Profile profile) {
        return profile.isParity() ? LoweringOptions.PARITY : LoweringOptions.IMPROVED;
    }

    /** The program of a network that gets a few frames at each run. */
    public static LoweredModel streaming(Model model, QuantPlan plan, int frames, Profile profile) {
        StreamingConversion.Streamed streamed = StreamingConversion.convert(model, plan, frames);
        return Lowering.lower(streamed.model(), streamed.plan(), lowering(profile));
    }

    /**
     * A quantized network for QDQ runtimes: it takes what the float network takes and gives what that gives.
     *
     * @param maps what it reads in place of the float network's inputs
     * @param head parts of the network if its head was cut off, or null
     */
    public static Model qdq(Model quantized, QuantPlan plan, InputMaps maps, NetworkHead head, Map<String, Object> settings) {
        Model fed = maps.inFrontOf(FakeQuantization.insert(quantized, plan), false);
        Model whole = head == null ? fed : head.behind(fed);
        return new Model(whole.graph().edit().metadata(SETTINGS_KEY, Json.compact(settings)).build(), whole.parameters());
    }

    /** The program with the settings that made it as metadata. */
    public static ChipProgram withSettings(ChipProgram program, Map<String, Object> settings) {
        return program.edit().metadata(SETTINGS_KEY, Json.compact(settings)).build();
    }

    /**
     * Writes the file whole or not at all, reads it back and runs its test vectors.
     *
     * @return whether they are reproduced bit by bit; null if the program has none
     */
    public static Boolean write(ChipProgram program, Target target, Path file) {
        byte[] bytes = EspdlWriter.write(program);
        WholeFile.write(file, bytes);
        return Verification.of(EspdlReader.read(file), target).bitExact();
    }
}
