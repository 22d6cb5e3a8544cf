package io.github.bitgrain.cli.pipeline;

import io.github.bitgrain.cli.console.Json;
import io.github.bitgrain.cli.console.OutputFile;
import io.github.bitgrain.cli.network.Verification;
import io.github.bitgrain.core.data.DataSource;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.exporter.espdl.EspdlReader;
import io.github.bitgrain.exporter.espdl.EspdlWriter;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.TestVectors;
import io.github.bitgrain.simulator.lowering.LoweredModel;
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
        calibration.read(0, 1).forEach((name, tensor) -> inputs.put(name, lowered.toChipOrder(name, tensor.data())));
        return TestVectors.embed(lowered.program(), inputs);
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
        OutputFile.write(file, out -> out.write(bytes));
        return Verification.of(EspdlReader.read(file), target).bitExact();
    }
}
