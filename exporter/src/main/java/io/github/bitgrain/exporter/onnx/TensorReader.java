package io.github.bitgrain.exporter.onnx;

import com.google.protobuf.ByteString;
import io.github.bitgrain.core.BitgrainException;
import io.github.bitgrain.core.tensor.Shape;
import io.github.bitgrain.exporter.onnx.proto.StringStringEntryProto;
import io.github.bitgrain.exporter.onnx.proto.TensorProto;
import io.github.bitgrain.exporter.onnx.proto.TensorProto.DataType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;

/** Turns tensors of a file into constants: raw, typed or external data of every numeric type. */
final class TensorReader {
    private static final int MAX_RANK = 8;

    private final String file;
    private final Path folder;

    /** A reader for one model file; external data may lie in its folder only. */
    TensorReader(String file, Path folder) {
        this.file = file;
        this.folder = folder;
    }

    OnnxConstant read(TensorProto tensor) {
        Shape shape = shape(tensor);
        DataType type = DataType.forNumber(tensor.getDataType());
        if (type == null || bytes(type) == 0) {
            throw fail(tensor, "element type " + (type == null ? tensor.getDataType() : type) + " is not supported");
        }
        int count = shape.size();
        ByteBuffer raw = rawData(tensor, (long) count * bytes(type));
        boolean real = switch (type) {
            case FLOAT, DOUBLE, FLOAT16, BFLOAT16 -> true;
            default -> false;
        };
        if (real) {
            float[] values = new float[count];
            for (int i = 0; i < count; i++) {
                values[i] = raw != null ? rawFloat(raw, type, i) : typedFloat(tensor, type, i, count);
            }
            return OnnxConstant.of(shape, values);
        }
        long[] values = new long[count];
        for (int i = 0; i < count; i++) {
            values[i] = raw != null ? rawLong(raw, type, i) : typedLong(tensor, type, i, count);
        }
        return OnnxConstant.of(shape, values);
    }

    private Shape shape(TensorProto tensor) {
        if (tensor.getDimsCount() > MAX_RANK) {
            throw fail(tensor, "has " + tensor.getDimsCount() + " dimensions; at most " + MAX_RANK + " are supported");
        }
        int[] dims = new int[tensor.getDimsCount()];
        long count = 1;
        for (int i = 0; i < dims.length; i++) {
            long extent = tensor.getDims(i);
            if (extent < 0 || extent > Integer.MAX_VALUE || (count *= Math.max(extent, 1)) > Integer.MAX_VALUE / Long.BYTES) {
                throw fail(tensor, "dimension " + extent + " cannot be");
            }
            dims[i] = (int) extent;
        }
        return Shape.of(dims);
    }

    private static int bytes(DataType type) {
        return switch (type) {
            case UINT8, INT8, BOOL -> 1;
            case UINT16, INT16, FLOAT16, BFLOAT16 -> 2;
            case FLOAT, INT32, UINT32 -> 4;
            case DOUBLE, INT64, UINT64 -> 8;
            default -> 0;
        };
    }

    /** The bytes of raw or external data, or null when the typed fields hold the elements. */
    private ByteBuffer rawData(TensorProto tensor, long wanted) {
        ByteBuffer data;
        if (tensor.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
            data = external(tensor, wanted);
        } else if (tensor.hasRawData()) {
            ByteString raw = tensor.getRawData();
            data = raw.asReadOnlyByteBuffer();
        } else {
            return null;
        }
        if (data.remaining() != wanted) {
            throw fail(tensor, "has " + data.remaining() + " bytes of data; its shape needs " + wanted);
        }
        return data.slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    private ByteBuffer external(TensorProto tensor, long wanted) {
        Map<String, String> entries = new HashMap<>();
        for (StringStringEntryProto entry : tensor.getExternalDataList()) {
            entries.put(entry.getKey(), entry.getValue());
        }
        String location = entries.getOrDefault("location", "");
        try {
            Path path = Path.of(location);
            if (location.isEmpty() || folder == null || path.isAbsolute()) {
                throw fail(tensor, "external data \"" + location + "\" is not a path inside the model's folder");
            }
            Path data = folder.resolve(path).normalize();
            if (!data.startsWith(folder.normalize()) || Files.exists(data) && !data.toRealPath().startsWith(folder.toRealPath())) {
                throw fail(tensor, "external data \"" + location + "\" leaves the model's folder; refused");
            }
            if (!Files.isRegularFile(data)) {
                throw fail(tensor, "external data file \"" + location + "\" is not there; it must lie beside the model");
            }
            long offset = Long.parseLong(entries.getOrDefault("offset", "0"));
            long size = Files.size(data);
            long length = entries.containsKey("length") ? Long.parseLong(entries.get("length")) : size - offset;
            if (offset < 0 || length < 0 || offset > size - length) {
                throw fail(tensor, "external data " + location + " has " + size + " bytes, not " + length + " from " + offset);
            }
            if (length != wanted) {
                throw fail(tensor, "has " + length + " bytes of external data; its shape needs " + wanted);
            }
            ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(length));
            try (FileChannel channel = FileChannel.open(data, StandardOpenOption.READ)) {
                while (buffer.hasRemaining() && channel.read(buffer, offset + buffer.position()) > 0) { }
            }
            return buffer.flip();
        } catch (NumberFormatException | InvalidPathException e) {
            throw fail(tensor, "external data entry cannot be read: " + e.getMessage());
        } catch (IOException e) {
            throw fail(tensor, "external data \"" + location + "\" cannot be read: " + e.getMessage());
        }
    }

    private static float rawFloat(ByteBuffer raw, DataType type, int i) {
        return switch (type) {
            case FLOAT -> raw.getFloat(4 * i);
            case DOUBLE -> (float) raw.getDouble(8 * i);
            case FLOAT16 -> Float.float16ToFloat(raw.getShort(2 * i));
            default -> Float.intBitsToFloat(raw.getShort(2 * i) << 16);
        };
    }

    private static long rawLong(ByteBuffer raw, DataType type, int i) {
        return switch (type) {
            case INT8 -> raw.get(i);
            case UINT8, BOOL -> Byte.toUnsignedLong(raw.get(i));
            case INT16 -> raw.getShort(2 * i);
            case UINT16 -> Short.toUnsignedLong(raw.getShort(2 * i));
            case INT32 -> raw.getInt(4 * i);
            case UINT32 -> Integer.toUnsignedLong(raw.getInt(4 * i));
            default -> raw.getLong(8 * i);
        };
    }

    private float typedFloat(TensorProto tensor, DataType type, int i, int count) {
        int stored = switch (type) {
            case FLOAT -> tensor.getFloatDataCount();
            case DOUBLE -> tensor.getDoubleDataCount();
            default -> tensor.getInt32DataCount();
        };
        requireCount(tensor, stored, count);
        return switch (type) {
            case FLOAT -> tensor.getFloatData(i);
            case DOUBLE -> (float) tensor.getDoubleData(i);
            case FLOAT16 -> Float.float16ToFloat((short) tensor.getInt32Data(i));
            default -> Float.intBitsToFloat(tensor.getInt32Data(i) << 16);
        };
    }

    private long typedLong(TensorProto tensor, DataType type, int i, int count) {
        int stored = switch (type) {
            case INT64 -> tensor.getInt64DataCount();
            case UINT32, UINT64 -> tensor.getUint64DataCount();
            default -> tensor.getInt32DataCount();
        };
        requireCount(tensor, stored, count);
        return switch (type) {
            case INT64 -> tensor.getInt64Data(i);
            case UINT32, UINT64 -> tensor.getUint64Data(i);
            default -> tensor.getInt32Data(i);
        };
    }

    private void requireCount(TensorProto tensor, int stored, int count) {
        if (stored != count) {
            throw fail(tensor, "has " + stored + " elements; its shape needs " + count);
        }
    }

    private BitgrainException fail(TensorProto tensor, String reason) {
        return BitgrainException.badInput(file + ": tensor \"" + tensor.getName() + "\": " + reason);
    }
}
