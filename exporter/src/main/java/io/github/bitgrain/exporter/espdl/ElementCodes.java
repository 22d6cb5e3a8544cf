package io.github.bitgrain.exporter.espdl;

import io.github.bitgrain.simulator.ElementType;
import java.util.EnumMap;
import java.util.Map;

/** The numbers of element types in files: TensorDataType, which equals ONNX's TensorProto.DataType. */
final class ElementCodes {
    private static final Map<ElementType, Integer> CODES = new EnumMap<>(Map.ofEntries(
            Map.entry(ElementType.FLOAT32, 1),
            Map.entry(ElementType.UINT8, 2),
            Map.entry(ElementType.INT8, 3),
            Map.entry(ElementType.UINT16, 4),
            Map.entry(ElementType.INT16, 5),
            Map.entry(ElementType.INT32, 6),
            Map.entry(ElementType.INT64, 7),
            Map.entry(ElementType.BOOL, 9),
            Map.entry(ElementType.FLOAT16, 10),
            Map.entry(ElementType.FLOAT64, 11),
            Map.entry(ElementType.UINT32, 12),
            Map.entry(ElementType.UINT64, 13)));

    private ElementCodes() {}

    static int of(ElementType type) {
        return CODES.get(type);
    }

    /** The type of a number, or null for a number without numeric type (undefined, string, unknown). */
    static ElementType type(int code) {
        for (Map.Entry<ElementType, Integer> entry : CODES.entrySet()) {
            if (entry.getValue() == code) {
                return entry.getKey();
            }
        }
        return null;
    }
}
