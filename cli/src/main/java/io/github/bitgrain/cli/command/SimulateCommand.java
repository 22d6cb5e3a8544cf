package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.data.InputData;
import io.github.bitgrain.cli.inspect.HeadroomReport;
import io.github.bitgrain.cli.network.ChipInput;
import io.github.bitgrain.cli.network.InputMaps;
import io.github.bitgrain.cli.network.Recording;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.exporter.WholeFile;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.Headroom;
import io.github.bitgrain.simulator.Simulator;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a chip model on given inputs. */
@Command(
        name = "simulate",
        header = "Runs a chip model bit by bit: integers in (or floats, quantized as the chip would), integers out.",
        footer = "  bitgrain simulate model.espdl --input image.npy --output out --dump-all")
public final class SimulateCommand extends CliCommand {
    @Parameters(paramLabel = "MODEL.espdl", description = "A chip model.")
    private Path model;

    @Option(
            names = "--input",
            required = true,
            paramLabel = "DATA",
            description = "An .npy file, or an .npz file for several inputs (by name, or arr_0, arr_1 ... in the model's order). "
                    + "Integers have the type and shape that the model states, with or without batch axis; a longer first axis "
                    + "is a row of samples. Floats are what the network took that the model was made from, and are quantized.")
    private Path input;

    @Option(
            names = "--layout",
            paramLabel = "nhwc|nchw",
            description = "Order of the input's axes; needed only where both fit. Default: the chip's (nhwc), else ONNX's (nchw).")
    private ChipInput.Order layout;

    @Option(
            names = "--target",
            converter = TargetOption.class,
            paramLabel = "TARGET",
            description = "esp32p4, esp32s3, c, or the name of another chip; needed if the file does not name its target.")
    private Target target;

    @Option(names = "--output", paramLabel = "DIR", description = "Folder that gets one .npy file for each output; made if missing.")
    private Path output;

    @Option(names = "--dump-all", description = "Show and write the output of every node, not only the model's outputs.")
    private boolean dumpAll;

    @Option(
            names = "--headroom",
            description = "Show how many bits of the accumulators these inputs leave, and how many additions saturate, for each layer "
                    + "and (in JSON) output channel. Takes a multiple of the time.")
    private boolean headroom;

    @Mixin
    private EspdlOptions espdl = new EspdlOptions();

    @Override
    public Integer call() {
        ModelFile.ESPDL.require(model, name());
        ChipProgram program = espdl.read(model);
        try (InputData.Arrays arrays = InputData.arrays(input, program.inputs())) {
            Map<String, ChipInput> inputs = new LinkedHashMap<>();
            InputMaps maps = ModelFile.inputMaps(model, program);
            arrays.byName().forEach((name, array) -> inputs.put(name, ChipInput.of(array, program.value(name), layout, maps)));
            int samples = inputs.values().iterator().next().samples();
            inputs.values().forEach(each -> each.requireSamples(samples));
            Simulator simulator = ModelFile.simulator(model, program, target);
            Recording recording = new Recording(program, dumpAll);
            Headroom.Watch watch = headroom ? new Headroom.Watch(simulator, false) : null;
            simulator.observe(watch == null ? recording : recording.andThen(watch));
            for (int i = 0; i < samples; i++) {
                int sample = i;
                inputs.values().forEach(each -> each.set(simulator, sample));
                ModelFile.named(model, () -> {
                    simulator.run();
                    return simulator;
                });
                recording.sampleDone(simulator);
            }
            if (output != null) {
                WholeFile.makeFolder(output);
            }
            List<Recording.Output> outputs = recording.write(output);
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("outputs", outputs);
            if (watch != null) {
                result.put("headroom", watch.layers());
            }
            print(result, () -> {
                text(outputs);
                if (watch != null) {
                    HeadroomReport.print(watch.layers(), true, out());
                }
            });
        }
        return 0;
    }

    private void text(List<Recording.Output> outputs) {
        for (Recording.Output o : outputs) {
            out().println(String.format(Locale.ROOT, "%s: %s%s%s crc32 %s%s", o.name(), o.dtype(), o.shape(),
                    o.exponent() == null ? "" : " exponent " + o.exponent(), o.crc32(), o.file() == null ? "" : " → " + o.file()));
        }
    }
}
