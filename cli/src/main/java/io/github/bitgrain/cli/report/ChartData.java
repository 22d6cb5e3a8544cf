package io.github.bitgrain.cli.report;

import io.github.bitgrain.cli.console.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The numbers behind the charts, as JSON with short names, for {@code report.js}. */
final class ChartData {
    private ChartData() {}

    /** The JSON; it can stand inside a script element whatever the names in the model are. */
    static String of(Report report) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("layers", report.layers().stream().map(layer -> map("n", layer.name(), "b", rounded(layer.calibrated()),
                "a", rounded(layer.trained()))).toList());
        data.put("blocks", report.blocks().stream().map(block -> map("n", block.name(), "b", rounded(block.lossBefore()),
                "a", rounded(block.lossAfter()))).toList());
        data.put("curves", report.curves().stream().map(curve -> map("n", curve.name(), "s", curve.steps(),
                "l", curve.losses().stream().map(ChartData::rounded).toList())).toList());
        data.put("tensors", report.tensors().stream().map(ChartData::tensor).toList());
        data.put("accumulators", report.accumulators().stream().map(layer -> map("n", layer.node(), "w", layer.laneBits(),
                "p", layer.proven(), "s", layer.proven() < 0 ? layer.seen() : null, "x", layer.saturated())).toList());
        return text(data);
    }

    /** The same for an analysis. */
    static String of(Sensitivity sensitivity) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("whole", rounded(sensitivity.whole()));
        data.put("layers", sensitivity.layers().stream().map(layer -> map("n", layer.node(), "one", rounded(layer.alone()), "w", rounded(layer.weightsOnly()),
                "v", rounded(layer.activationsOnly()), "f", rounded(layer.inFloat()), "wide", rounded(layer.in16Bits()), "bits", layer.bits(),
                "all", rounded(layer.cumulated()), "mse", rounded(layer.cumulatedMse()))).toList());
        data.put("tensors", sensitivity.tensors().stream().map(ChartData::tensor).toList());
        return text(data);
    }

    private static String text(Map<String, Object> data) {
        return Json.compact(data).replace("<", "\\u003c");
    }

    private static Map<String, Object> tensor(TensorFigures tensor) {
        return map("n", tensor.name(), "o", tensor.node(), "r", tensor.role().word(), "b", tensor.bits(),
                "e", tensor.exponents(), "lo", rounded(tensor.low()), "hi", rounded(tensor.high()), "min", rounded(tensor.min()),
                "max", rounded(tensor.max()), "m", rounded(tensor.mean()), "d", rounded(tensor.std()), "q", rounded(tensor.noise()),
                "x", tensor.imbalance() == null ? null : rounded(tensor.imbalance()), "v", tensor.values(), "k", tensor.clipped(), "i", tensor.activation(), "f", rounded(tensor.from()),
                "t", rounded(tensor.to()), "c", tensor.counts());
    }

    private static Map<String, Object> map(Object... entries) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < entries.length; i += 2) {
            map.put((String) entries[i], entries[i + 1]);
        }
        return map;
    }

    /** Six digits are more than a chart shows; JSON has no NaN. */
    private static Double rounded(double value) {
        return Double.isFinite(value) ? Double.valueOf(String.format(Locale.ROOT, "%.5e", value)) : null;
    }
}
