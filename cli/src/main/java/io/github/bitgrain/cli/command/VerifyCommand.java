package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.network.Verification;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.exporter.espdl.EspdlReader;
import io.github.bitgrain.simulator.ChipProgram;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs the test vectors of a chip model. */
@Command(
        name = "verify",
        header = "Runs the test vectors inside an .espdl file through the simulator. Exit code 0: bit-exact, 1: not.",
        footer = "  bitgrain verify model.espdl --target esp32s3")
public final class VerifyCommand extends CliCommand {
    @Parameters(paramLabel = "MODEL.espdl", description = "A chip model with test vectors.")
    private Path model;

    @Option(
            names = "--target",
            converter = TargetOption.class,
            paramLabel = "TARGET",
            description = "esp32p4, esp32s3, c, or the name of another chip; needed if the file does not name its target.")
    private Target target;

    @Override
    public Integer call() {
        ModelFile.ESPDL.require(model, name());
        ChipProgram program = EspdlReader.read(model);
        Verification verification;
        try {
            verification = Verification.of(program, ModelFile.target(model, program, target));
        } catch (BitgrainException e) {
            throw e.kind() == BitgrainException.Kind.BAD_INPUT ? BitgrainException.badInput(model + ": " + e.getMessage()) : e;
        }
        print(verification, () -> text(verification));
        return Boolean.TRUE.equals(verification.bitExact()) ? 0 : BitgrainException.Kind.CHECK_FAILED.exitCode();
    }

    private void text(Verification verification) {
        if (verification.bitExact() == null) {
            out().println(model + ": no test vectors inside");
        }
        for (Verification.Output o : verification.outputs()) {
            out().println(o.name() + ": " + (o.differences() == 0
                    ? "bit-exact, " + o.elements() + " values"
                    : String.format(Locale.ROOT, "%d of %d values differ, by %s at most",
                            o.differences(), o.elements(), number(o.maxDifference()))));
        }
    }

    private static String number(Double value) {
        return value == null ? "infinity" : value == Math.rint(value) ? String.valueOf(value.longValue()) : String.valueOf(value);
    }
}
