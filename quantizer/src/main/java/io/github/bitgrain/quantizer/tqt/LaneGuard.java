package io.github.bitgrain.quantizer.tqt;

import io.github.bitgrain.quantizer.lanes.CoarserWeights;
import io.github.bitgrain.quantizer.lanes.LaneRelief;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps accumulators in mind while a twin is trained. A twin whose lanes do not saturate is never touched: it is trained as if there were no
 * lanes. Once some do, their layers get coarser weights, exponents have to leave room for the sums, and the chip's results decide.
 */
final class LaneGuard {
    private final LaneRelief relief;
    private final QuantizedTwin twin;
    private final List<CoarserWeights> coarser;

    /**
     * A guard.
     *
     * @param relief null: lanes are not looked at
     * @param coarser layers that the twin's plan has given coarser weights already
     */
    LaneGuard(LaneRelief relief, QuantizedTwin twin, List<CoarserWeights> coarser) {
        this.relief = relief;
        this.twin = twin;
        this.coarser = new ArrayList<>(coarser);
    }

    /** Whether lanes of the twin saturate as it is. */
    boolean saturates() {
        return relief != null && relief.isNeeded(twin.current(), twin.plan());
    }

    /** Whether layers have coarser weights. */
    boolean hasRelieved() {
        return relief != null && !coarser.isEmpty();
    }

    /** Lets the sums as they are limit the exponents from now on. */
    void limit() {
        twin.limit(relief.room(twin.current(), twin.plan()));
    }

    /** Makes weights coarser where the chip's results gain by it, and lets the sums limit the exponents. */
    void relieve() {
        LaneRelief.Result result = relief.apply(twin.current(), twin.plan());
        twin.setPlan(result.plan());
        limit();
        result.layers().stream().filter(layer -> coarser.stream().noneMatch(known -> known.node().equals(layer.node()))).forEach(coarser::add);
    }

    /** The layers that have coarser weights now. */
    List<CoarserWeights> layers() {
        return relief == null ? List.of() : relief.later(coarser, twin.current(), twin.plan());
    }
}
