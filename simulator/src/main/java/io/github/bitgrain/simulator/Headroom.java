package io.github.bitgrain.simulator;

import io.github.bitgrain.core.quant.Target;
import io.github.bitgrain.simulator.kernel.LaneProbe;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How much room the accumulators of Conv, Gemm and MatMul nodes have left: by the weights alone ({@link #bound}), or in runs
 * ({@link Watch}). Saturation costs accuracy without any other sign; 20 bits (ESP32-S3, 8-bit operators) are full after
 * some 33 products of the largest operands.
 */
public final class Headroom {
    /**
     * A node.
     *
     * @param laneBits bits of the accumulator of most channels
     * @param bitsLeft smallest room of a channel: bits of its accumulator minus bits that its values need; negative where an
     *     accumulator is too narrow
     * @param saturated additions that left the range of their accumulator (on C: wrapped), or without limits sums beyond it; 0 for a bound
     * @param additions additions to one channel's accumulator, of products, or of whole dot products behind the last full
     *     vector; 0 for a bound
     * @param channels each output channel, one for all where the weights are not known
     */
    public record Layer(
            String node, String type, int laneBits, int bitsLeft, long saturated, long additions, List<Channel> channels) {
        /** What was seen of the same layer in these runs and others. */
        public Layer with(Layer others) {
            List<Channel> both = new ArrayList<>();
            for (int n = 0; n < channels.size(); n++) {
                both.add(channels.get(n).with(others.channels.get(n)));
            }
            return new Layer(node, type, laneBits, Math.min(bitsLeft, others.bitsLeft), saturated + others.saturated, additions + others.additions, both);
        }
    }

    /**
     * An output channel.
     *
     * @param laneBits bits of its accumulator
     * @param peak farthest value of the accumulator, before saturation: v, or −1 − v for negative v
     */
    public record Channel(int channel, int laneBits, long peak, int bitsLeft, long saturated) {
        private Channel with(Channel others) {
            return new Channel(channel, laneBits, Math.max(peak, others.peak), Math.min(bitsLeft, others.bitsLeft), saturated + others.saturated);
        }
    }

    /** How the sums of a run are formed again. */
    public enum Sums {
        /** Saturated after every addition, or wrapped, as the chip does: what it computes. */
        AS_CHIP,
        /**
         * Without limits: peaks tell how many bits the sums need. A saturated sum goes on from the limit, so that its peak is too small wherever
         * more than one product leaves the range.
         */
        UNLIMITED
    }

    private Headroom() {}

    /**
     * What the weights prove: {@code Σ|w| · max|x| + |bias|} against the accumulator, for every node in order.
     *
     * @throws io.github.bitgrain.core.BitgrainException (bad input) naming a node whose weights do not fit
     */
    public static List<Layer> bound(ChipProgram program, Target target) {
        List<Layer> layers = new ArrayList<>();
        for (ChipNode node : program.nodes()) {
            if (LaneProbe.watches(node)) {
                layers.add(Simulator.guarded(node, () -> bound(node, new LaneProbe(node, program, target, true))));
            }
        }
        return layers;
    }

    private static Layer bound(ChipNode node, LaneProbe probe) {
        long[] bounds = probe.bound();
        return layer(node, probe, bounds, new long[bounds.length]);
    }

    private static Layer layer(ChipNode node, LaneProbe probe, long[] peaks, long[] saturated) {
        List<Channel> channels = new ArrayList<>();
        int least = Long.SIZE;
        long sum = 0;
        for (int n = 0; n < peaks.length; n++) {
            int width = probe.width(n);
            int left = width - (1 + Long.SIZE - Long.numberOfLeadingZeros(peaks[n]));
            channels.add(new Channel(n, width, peaks[n], left, saturated[n]));
            least = Math.min(least, left);
            sum += saturated[n];
        }
        return new Layer(node.name(), node.opType(), probe.width(0), least, sum, probe.additions(), channels);
    }

    /**
     * Watches the accumulators while a simulator runs. Sums are formed again in the chip's order, which takes a multiple of
     * the simulation's own time.
     */
    public static final class Watch implements Simulator.Observer {
        private final Map<ChipNode, LaneProbe> probes = new LinkedHashMap<>();
        private final Simulator simulator;

        /**
         * A watch of one simulator, to be given to {@link Simulator#observe}.
         *
         * @param onlyDoubtful whether nodes are left out whose weights prove that nothing can saturate
         */
        public Watch(Simulator simulator, boolean onlyDoubtful) {
            this(simulator, onlyDoubtful, Sums.AS_CHIP);
        }

        /**
         * A watch of one simulator, to be given to {@link Simulator#observe}.
         *
         * @param onlyDoubtful whether nodes are left out whose weights prove that nothing can saturate
         * @param sums how sums are formed; the simulator's own results are the chip's either way
         */
        public Watch(Simulator simulator, boolean onlyDoubtful, Sums sums) {
            this.simulator = simulator;
            for (ChipNode node : simulator.program().nodes()) {
                if (LaneProbe.watches(node)) {
                    LaneProbe probe = Simulator.guarded(node, () -> new LaneProbe(node, simulator.program(), simulator.target(), sums == Sums.AS_CHIP));
                    if (!onlyDoubtful || Simulator.guarded(node, () -> bound(node, probe)).bitsLeft < 0) {
                        probes.put(node, probe);
                    }
                }
            }
        }

        /** Whether there is anything to watch. */
        public boolean isNeeded() {
            return !probes.isEmpty();
        }

        @Override
        public void computed(ChipNode node, String value, ChipBuffer buffer) {
            LaneProbe probe = probes.get(node);
            if (probe != null) {
                Simulator.guarded(node, () -> {
                    probe.observe(simulator.operands(node));
                    return probe;
                });
            }
        }

        /** What has been seen in all runs so far, in the order of the nodes. */
        public List<Layer> layers() {
            List<Layer> layers = new ArrayList<>();
            probes.forEach((node, probe) -> layers.add(layer(node, probe, probe.peaks(), probe.saturated())));
            return layers;
        }
    }
}
