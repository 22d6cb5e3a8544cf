package io.github.bitgrain.cli.command;

import io.github.bitgrain.cli.console.Json;
import io.github.bitgrain.cli.firmware.ClassNames;
import io.github.bitgrain.cli.firmware.RuntimeVersion;
import io.github.bitgrain.cli.network.InputMaps;
import io.github.bitgrain.cli.pipeline.Export;
import io.github.bitgrain.cli.pipeline.Quantized;
import io.github.bitgrain.cli.report.QuantConfig;
import io.github.bitgrain.cli.report.ScalesDump;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.exporter.WholeFile;
import io.github.bitgrain.exporter.onnx.OnnxWriter;
import io.github.bitgrain.exporter.onnx.QdqOptions;
import io.github.bitgrain.quantizer.head.NetworkHead;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** What can be written beside the chip model, and what the firmware on the chip knows. */
final class SideFiles {
    @Option(
            names = "--qdq",
            paramLabel = "FILE.onnx",
            description = "Write the quantized network as QDQ network too, for ONNX Runtime or TensorRT. ONNX rounds ties to even, as the "
                    + "esp32p4 does; on other targets values on a tie differ by one step.")
    private Path qdq;

    @Option(
            names = "--qdq-profile",
            paramLabel = "NAME",
            description = "Whose rules the QDQ file follows: ort_cpu (default) or tensorrt.")
    private QdqOptions.Profile qdqProfile;

    @Option(names = "--report", paramLabel = "FILE.html", description = "Write one self-contained page: accuracy, "
            + "error of each layer, exponent, histogram and clipping of each tensor, losses of training, room in accumulators, settings.")
    private Path report;

    @Option(names = "--header", paramLabel = "FILE.hpp", description = "Write a C++11 header for the firmware: inputs, outputs, shapes, layouts, "
            + "exponents, preprocessing, sizes of buffers.")
    private Path header;

    @Option(names = "--classes", paramLabel = "FILE", description = "Names of the classes for --header, one a line.")
    private Path classes;

    @Option(names = "--runtime-version", paramLabel = "X.Y.Z", description = "Version of ESP-DL on the chip: what it cannot load is refused.")
    private String runtimeVersion;

    @Option(names = "--dump-scales", paramLabel = "FILE.json", description = "Write the scale of every operand.")
    private Path dumpScales;

    @Option(names = "--quant-config", paramLabel = "FILE.json", description = "Write bits, states and scales as the .json that ESP-PPQ writes "
            + "beside its exports.")
    private Path quantConfig;

    /** Refuses combinations without a meaning. */
    void check() {
        if (qdq == null && qdqProfile != null) {
            throw BitgrainException.usage("--qdq-profile belongs to --qdq FILE.onnx, which is missing");
        }
        if (header == null && classes != null) {
            throw BitgrainException.usage("--classes belongs to --header FILE.hpp, which is missing");
        }
    }

    /** Refuses files that cannot be written. */
    void checkWritable() {
        for (Path file : new Path[] {dumpScales, quantConfig, report, qdq, header}) {
            if (file != null) {
                WholeFile.check(file);
            }
        }
    }

    /** The version of ESP-DL that must load the model, or null. */
    RuntimeVersion runtimeVersion() {
        return runtimeVersion == null ? null : RuntimeVersion.parse(runtimeVersion);
    }

    /** Names for the header. */
    List<String> classNames() {
        return classes == null ? List.of() : ClassNames.read(classes);
    }

    /** Writes what --report asks for. */
    void writeReport(Supplier<String> page) {
        write(report, page, StandardCharsets.UTF_8);
    }

    /** Writes what --header asks for. */
    void writeHeader(Supplier<String> text) {
        write(header, text, StandardCharsets.US_ASCII);
    }

    /** Writes what --dump-scales and --quant-config ask for. */
    void writeScales(Quantized quantized) {
        write(dumpScales, () -> Json.text(ScalesDump.of(quantized.tuned().graph(), quantized.tunedPlan())), StandardCharsets.UTF_8);
        write(quantConfig, () -> Json.text(QuantConfig.of(quantized.tuned().graph(), quantized.tunedPlan())), StandardCharsets.UTF_8);
    }

    /** Writes what --qdq asks for. */
    void writeQdq(Quantized quantized, InputMaps maps, NetworkHead head, Map<String, Object> settings) {
        if (qdq != null) {
            OnnxWriter.write(Export.qdq(quantized.tuned(), quantized.tunedPlan(), maps, head, settings), QdqOptions.of(qdqProfile == null ? QdqOptions.Profile.ORT_CPU : qdqProfile), qdq);
        }
    }

    private static void write(Path file, Supplier<String> text, Charset charset) {
        if (file != null) {
            WholeFile.write(file, text.get().getBytes(charset));
        }
    }
}
