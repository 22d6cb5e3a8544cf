package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.inspect.ChipFigures;
import io.github.bitgrain.cli.inspect.GraphFigures;
import io.github.bitgrain.cli.inspect.Hazard;
import io.github.bitgrain.cli.inspect.HeadroomReport;
import io.github.bitgrain.cli.inspect.Inspection;
import io.github.bitgrain.cli.network.InputMaps;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.graph.Model;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.exporter.WholeFile;
import io.github.bitgrain.exporter.onnx.OnnxReader;
import io.github.bitgrain.exporter.onnx.OnnxWriter;
import io.github.bitgrain.simulator.ChipProgram;
import io.github.bitgrain.simulator.Headroom;
import io.github.bitgrain.simulator.lowering.Lifting;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what a model file holds. */
@Command(
        name = "inspect",
        header = "Shows what a model file holds: nodes, shapes, exponents, sizes, multiply-accumulates, memory.",
        footer = {"  bitgrain inspect model.espdl", "  bitgrain inspect --json model.onnx", "  bitgrain inspect --headroom model.espdl --target esp32s3", "  bitgrain inspect model.espdl --to-float model.onnx"})
public final class InspectCommand extends CliCommand {
    @Parameters(paramLabel = "MODEL", description = "An .onnx or .espdl file.")
    private Path model;

    @Option(
            names = "--target",
            converter = TargetOption.class,
            paramLabel = "TARGET",
            description = "Target of an .espdl file that does not name it: esp32p4, esp32s3, c, or the name of another chip.")
    private Target target;

    @Option(
            names = "--headroom",
            description = "Show instead how many bits of the accumulators of a chip model remain: largest possible sum of each output "
                    + "channel, from the weights, against the lane of the target. Channels below 0 can saturate.")
    private boolean headroom;

    @Option(
            names = "--to-float",
            paramLabel = "FILE.onnx",
            description = "Write a chip model as a float network instead: real weights, float operators, ONNX's axes.")
    private Path toFloat;

    @Mixin
    private ShapeOptions shapes = new ShapeOptions();

    @Mixin
    private EspdlOptions espdl = new EspdlOptions();

    @Override
    public Integer call() {
        if (headroom && toFloat != null) {
            throw BitgrainException.usage("--headroom and --to-float are two commands; give one of them");
        }
        shapes.check(model);
        if (toFloat != null) {
            return writeFloat();
        }
        if (headroom) {
            ModelFile.ESPDL.require(model, name() + " --headroom");
            ChipProgram program = espdl.read(model);
            Target chip = ModelFile.target(model, program, target);
            HeadroomReport report = new HeadroomReport(model.toString(), chip.id(),
                    ModelFile.named(model, () -> Headroom.bound(program, chip)));
            print(report, () -> HeadroomReport.print(report.layers(), false, out()));
            return 0;
        }
        Inspection inspection = switch (ModelFile.of(model)) {
            case ESPDL -> ChipFigures.of(model.toString(), espdl.read(model), target);
            case ONNX -> {
                espdl.check(target, model);
                yield GraphFigures.of(model.toString(), OnnxReader.read(model, shapes.shapes()));
            }
        };
        print(inspection, () -> text(inspection));
        return 0;
    }

    private int writeFloat() {
        ModelFile.ESPDL.require(model, name() + " --to-float");
        WholeFile.check(toFloat);
        ChipProgram program = espdl.read(model);
        Target chip = ModelFile.target(model, program, target);
        Model network = ModelFile.named(model, () -> InputMaps.of(program).inFrontOf(Lifting.lift(program, chip), true));
        byte[] file = ModelFile.named(model, () -> OnnxWriter.write(network));
        WholeFile.write(toFloat, out -> out.write(file));
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("model", model.toString());
        result.put("output", toFloat.toString());
        result.put("nodes", network.graph().nodes().size());
        result.put("inputs", shapes(network.graph().inputs()));
        print(result, () -> line("%s: float network of %d nodes, inputs %s", toFloat, network.graph().nodes().size(),
                shapes(network.graph().inputs())));
        return 0;
    }

    private static Map<String, List<Integer>> shapes(Map<String, Shape> values) {
        Map<String, List<Integer>> shapes = new LinkedHashMap<>();
        values.forEach((name, shape) -> shapes.put(name, Arrays.stream(shape.dims()).boxed().toList()));
        return shapes;
    }

    private void text(Inspection i) {
        boolean isChip = ModelFile.of(model) == ModelFile.ESPDL;
        line("%s  %s%s", i.model(), !isChip ? "" : i.target() == null ? "target not stated  " : i.target() + "  ", i.name());
        line("%d nodes, %,d parameters (%s), %,d multiply-accumulates, %s of values in flight%s",
                i.nodes(), i.parameters(), bytes(i.parameterBytes()), i.macs(), bytes(i.activationBytes()),
                !isChip ? "" : i.testVectors() == 0 ? ", no test vectors" : ", with test vectors");
        line("operators: %s", i.operators().entrySet().stream()
                .map(e -> e.getKey() + " " + e.getValue()).collect(Collectors.joining(", ")));
        i.metadata().forEach((key, value) -> line("%s: %s", key, value));
        values("input", i.inputs());
        values("output", i.outputs());
        if (isChip && i.hazards() == null) {
            line("hazards: not looked for, as they depend on the target; give --target esp32p4, esp32s3 or c");
        } else if (isChip) {
            Hazard.print(i.hazards(), out());
        }
        int width = i.layers().stream().mapToInt(l -> l.name().length()).max().orElse(0);
        line("%n%-" + Math.max(4, Math.min(width, 60)) + "s  %-18s %-24s %8s %10s %10s %12s",
                "node", "type", "output", "exponent", "weights", "parameters", "MACs");
        for (Inspection.Layer layer : i.layers()) {
            Inspection.Value first = layer.outputs().isEmpty() ? null : layer.outputs().getFirst();
            line("%-" + Math.max(4, Math.min(width, 60)) + "s  %-18s %-24s %8s %10s %,10d %,12d",
                    layer.name(), layer.type(),
                    first == null ? "" : first.dtype() + first.shape(),
                    first == null || first.exponent() == null ? "" : first.exponent(),
                    range(layer.weightExponents()), layer.parameters(), layer.macs());
        }
    }

    private void values(String what, List<Inspection.Value> values) {
        for (Inspection.Value value : values) {
            line("%s %s: %s%s%s", what, value.name(), value.dtype(), value.shape(),
                    value.exponent() == null ? "" : " exponent " + value.exponent());
        }
    }

    private static String range(List<Integer> exponents) {
        if (exponents.isEmpty()) {
            return "";
        }
        return exponents.getFirst().equals(exponents.getLast())
                ? String.valueOf(exponents.getFirst())
                : exponents.getFirst() + " … " + exponents.getLast();
    }

    private static String bytes(long bytes) {
        return bytes < 10_240 ? bytes + " B" : String.format(Locale.ROOT, "%,.1f KiB", bytes / 1024.0);
    }

    private void line(String format, Object... values) {
        out().println(String.format(Locale.ROOT, format, values).stripTrailing());
    }
}
