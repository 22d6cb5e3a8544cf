package io.github.bitgrain.simulator.lowering;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * In which order the readers of a value would like its axes stored, looked up behind operators that take any order: channels last where a
 * convolution follows, what another operand has, or ONNX's.
 */
final class OrderWishes {
    private final Draft draft;
    private final Map<DraftValue, Permutation> known = new HashMap<>();

    OrderWishes(Draft draft) {
        this.draft = draft;
    }

    /** What most readers want; ONNX's order if there is no majority, or the value is a result of the graph. */
    Permutation of(DraftValue value) {
        Permutation before = known.get(value);
        if (before != null) {
            return before;
        }
        Permutation wish = draft.outputs.contains(value) ? Permutation.identity(value.rank())
                : most(value.rank(), draft.readers(value).stream().map(reader -> of(reader, value)).toList());
        known.put(value, wish);
        return wish;
    }

    private static Permutation most(int rank, List<Permutation> wishes) {
        return wishes.stream().filter(each -> 2 * wishes.stream().filter(each::equals).count() > wishes.size()).findFirst()
                .orElse(Permutation.identity(rank));
    }

    private Permutation of(DraftNode reader, DraftValue value) {
        int rank = value.rank();
        Permutation wish = switch (reader.layout) {
            case CHANNELS_LAST -> Permutation.channelsLast(rank);
            case ANY, AXIS, SLICE, PAD -> most(rank, reader.outputs.stream().map(this::of).toList());
            case ELEMENTWISE, CONCAT -> beside(reader, value);
            case RESHAPE -> Regrouping.of(value.shape, reader.output().shape).source(of(reader.output()));
            case TRANSPOSE -> LayoutPass.turn(reader).then(of(reader.output()));
            case REDUCE, SQUEEZE, UNSQUEEZE, FLATTEN, ONNX_ORDER -> null;
        };
        return wish == null || wish.rank() != rank ? Permutation.identity(rank) : wish;
    }

    private Permutation beside(DraftNode reader, DraftValue value) {
        return reader.values().stream().filter(other -> other != value && other.rank() == value.rank()).map(this::made).filter(Objects::nonNull)
                .findFirst().orElseGet(() -> of(reader.output()));
    }

    /** The order that a value has, or will have as it comes from a convolution; null if that is not known yet. */
    private Permutation made(DraftValue value) {
        if (value.axes != null) {
            return value.axes;
        }
        DraftNode maker = draft.maker(value);
        return maker == null ? null : switch (maker.layout) {
            case CHANNELS_LAST -> Permutation.channelsLast(value.rank());
            case ANY -> made(maker.value(0));
            default -> null;
        };
    }
}
