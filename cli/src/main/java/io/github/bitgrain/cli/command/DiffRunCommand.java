package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.compare.RunComparison;
import io.github.bitgrain.cli.compare.RunDifference;
import io.github.bitgrain.cli.compare.SecondRun;
import io.github.bitgrain.cli.data.InputData;
import io.github.bitgrain.cli.data.Samples;
import io.github.bitgrain.cli.network.ChipInput;
import io.github.bitgrain.cli.network.InputMaps;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipProgram;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs two models, or a model beside a dumped run, and names the first node that differs. */
@Command(
        name = "diff-run",
        header = "Runs two chip models on the same data, or one beside a folder of dumped node outputs (from a device, or from "
                + "simulate --dump-all), and names the first node that computes something else. Exit code 0: all the same, 1: not.",
        footer = {
            "  bitgrain diff-run model.espdl other.espdl --input image.npy --target esp32s3",
            "  bitgrain diff-run model.espdl device-dump/ --input image.npy"
        })
public final class DiffRunCommand extends CliCommand {
    private static final int FURTHER_LINES = 10;

    @Parameters(index = "0", paramLabel = "A.espdl", description = "A chip model; the order of its nodes decides what is first.")
    private Path first;

    @Parameters(
            index = "1",
            paramLabel = "B.espdl|DIR",
            description = "Another chip model, or a folder of .npy files named after node outputs, as simulate --dump-all writes.")
    private Path second;

    @Option(
            names = "--input",
            required = true,
            paramLabel = "DATA",
            description = "An .npy file, or an .npz file for several inputs, as for simulate.")
    private Path input;

    @Option(names = "--layout", paramLabel = "nhwc|nchw", description = "Order of the input's axes; needed only where both fit.")
    private ChipInput.Order layout;

    @Option(
            names = "--target",
            converter = TargetOption.class,
            paramLabel = "TARGET",
            description = "Target of the models, where they do not name it.")
    private Target target;

    @Option(
            names = "--other-target",
            converter = TargetOption.class,
            paramLabel = "TARGET",
            description = "Target of the second model, if it is another.")
    private Target otherTarget;

    @Mixin
    private EspdlOptions espdl = new EspdlOptions();

    @Mixin
    private OtherModelOptions otherOptions = new OtherModelOptions();

    @Override
    public Integer call() {
        ModelFile.ESPDL.require(first, name());
        if (Files.isDirectory(second)) {
            espdl.check(target, first);
        } else {
            ModelFile.ESPDL.require(second, name());
            espdl.check(first, second, otherOptions);
        }
        ChipProgram program = espdl.open(first);
        RunDifference.Result result;
        try (InputData.Arrays arrays = InputData.arrays(input, program.inputs())) {
            List<Samples> data = List.copyOf(arrays.byName().values());
            Map<String, ChipInput> inputs = fit(first, program, data);
            int samples = inputs.values().iterator().next().samples();
            inputs.values().forEach(each -> each.requireSamples(samples));
            result = RunComparison.run(
                    ModelFile.simulator(first, program, target), inputs, samples, second(program, data, samples));
        }
        if (result.compared() == 0) {
            throw BitgrainException.badInput(second + ": has no node output in common with " + first);
        }
        print(result, () -> text(result));
        return result.identical() ? 0 : 1;
    }

    private Map<String, ChipInput> fit(Path file, ChipProgram program, List<Samples> data) {
        Map<String, ChipInput> inputs = new LinkedHashMap<>();
        InputMaps maps = ModelFile.inputMaps(file, program);
        for (int i = 0; i < data.size(); i++) {
            String name = program.inputs().get(i);
            inputs.put(name, ChipInput.of(data.get(i), program.value(name), layout, maps));
        }
        return inputs;
    }

    private SecondRun second(ChipProgram program, List<Samples> data, int samples) {
        if (Files.isDirectory(second)) {
            if (otherTarget != null || otherOptions.key != null || otherOptions.model != null) {
                throw BitgrainException.usage(second + ": is a folder; --other-target, --other-key and --other-model are for a second model");
            }
            return SecondRun.of(program, second, samples);
        }
        ChipProgram other = espdl.open(second, otherOptions);
        if (other.inputs().size() != program.inputs().size()) {
            throw BitgrainException.badInput(second + ": has " + other.inputs().size() + " inputs, " + first + " has "
                    + program.inputs().size());
        }
        for (int i = 0; i < data.size(); i++) {
            if (data.get(i).type().isFloat()) {
                continue;
            }
            int own = program.value(program.inputs().get(i)).exponent();
            int others = other.value(other.inputs().get(i)).exponent();
            if (!InputMaps.areAlike(program, other)) {
                throw BitgrainException.badInput(input + ": integers mean something else to the two models, whose inputs are fitted differently; give floats");
            }
            if (own != others) {
                throw BitgrainException.badInput(input + ": integers mean something else to the two models, whose inputs have the "
                        + "exponents " + own + " and " + others + "; give floats");
            }
        }
        return SecondRun.of(program, other,
                ModelFile.simulator(second, other, otherTarget == null ? target : otherTarget), fit(second, other, data));
    }

    private void text(RunDifference.Result result) {
        if (!result.missing().isEmpty()) {
            out().println(result.missing().size() + " node outputs are in the first only, for example " + result.missing().getFirst());
        }
        if (result.identical()) {
            out().println("all " + result.compared() + " node outputs are the same");
            return;
        }
        RunDifference.Entry e = result.differing().getFirst();
        out().println("first difference: node " + e.node() + " (" + e.type() + "), output " + e.name());
        out().println(String.format(Locale.ROOT, "  %,d of %,d values differ, by %s %s at most; at %s%s the first has %s, the second %s%s",
                e.differences(), (long) e.elements() * result.samples(),
                e.maxDifference() == null ? "infinity" : number(e.maxDifference()), e.unit(), e.at(),
                result.samples() > 1 ? " of sample " + e.sample() : "", number(e.first()), number(e.second()),
                e.note().isEmpty() ? "" : "; " + e.note()));
        out().println((result.differing().size() - 1) + " of " + result.compared() + " node outputs differ after it");
        result.differing().stream().skip(1).limit(FURTHER_LINES).forEach(d -> out().println(String.format(Locale.ROOT,
                "  %s (%s): %,d values, by %s", d.node(), d.type(), d.differences(),
                d.maxDifference() == null ? "infinity" : number(d.maxDifference()))));
    }

    private static String number(Double value) {
        return value == null ? "not a number" : value == Math.rint(value) ? String.valueOf(value.longValue()) : String.valueOf(value);
    }
}
