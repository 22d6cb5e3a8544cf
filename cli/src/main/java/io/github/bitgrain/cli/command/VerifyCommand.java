package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.inspect.Hazard;
import io.github.bitgrain.cli.network.Verification;
import io.github.bitgrain.cli.verify.CaseVerification;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.ChipProgram;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs the test vectors of a chip model. */
@Command(
        name = "verify",
        header = "Runs the test vectors inside an .espdl file, or a file of operator cases, through the simulator. "
                + "Exit code 0: bit-exact, 1: not.",
        footer = {"  bitgrain verify model.espdl --target esp32s3", "  bitgrain verify --cases esp32s3.jsonl"})
public final class VerifyCommand extends CliCommand {
    private static final int FIRST_FAILURES = 10;

    @Parameters(arity = "0..1", paramLabel = "MODEL.espdl", description = "A chip model with test vectors.")
    private Path model;

    @Option(
            names = "--cases",
            paramLabel = "FILE.jsonl",
            description = "Operator cases instead of a model: one JSON object a line with id, target, op, attrs, inputs and outputs.")
    private Path cases;

    @Option(
            names = "--target",
            converter = TargetOption.class,
            paramLabel = "TARGET",
            description = "esp32p4, esp32s3, c, or the name of another chip; needed if the file does not name its target.")
    private Target target;

    @Mixin
    private EspdlOptions espdl = new EspdlOptions();

    @Override
    public Integer call() {
        if ((model == null) == (cases == null)) {
            throw BitgrainException.usage("verify takes either a model or --cases FILE.jsonl");
        }
        return cases == null ? verifyModel() : verifyCases();
    }

    private int verifyCases() {
        espdl.refuseFor(cases);
        if (target != null) {
            throw BitgrainException.usage("--target: every case states its own; leave the option out");
        }
        if (!Files.isRegularFile(cases)) {
            throw BitgrainException.badInput(cases + (Files.exists(cases) ? ": not a file" : ": no such file"));
        }
        CaseVerification verification = CaseVerification.of(cases);
        print(verification, () -> {
            out().println(String.format(Locale.ROOT, "%s: %,d of %,d cases bit-exact, of %d operators and bit widths", cases,
                    verification.cases() - verification.failed(), verification.cases(), verification.operators().size()));
            verification.failures().stream().limit(FIRST_FAILURES).forEach(f -> out().println("  " + f.id() + ": " + f.reason()));
            if (verification.failed() > FIRST_FAILURES) {
                out().println("  " + (verification.failed() - FIRST_FAILURES) + " more");
            }
        });
        return verification.bitExact() ? 0 : 1;
    }

    private int verifyModel() {
        ModelFile.ESPDL.require(model, name());
        ChipProgram program = espdl.read(model);
        Target chip = ModelFile.target(model, program, target);
        Verification verification = ModelFile.named(model, () -> Verification.of(program, chip));
        print(verification, () -> text(verification));
        return Boolean.TRUE.equals(verification.bitExact()) ? 0 : BitgrainException.Kind.CHECK_FAILED.exitCode();
    }

    private void text(Verification verification) {
        Hazard.print(verification.hazards(), out());
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
