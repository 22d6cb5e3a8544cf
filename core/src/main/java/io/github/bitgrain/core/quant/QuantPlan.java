package io.github.bitgrain.core.quant;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Which tensor is quantized with which bits, exponents and rounding, kept apart from the graph. Immutable; a pass makes a
 * new plan through {@link #edit()}.
 *
 * <p>Slots that carry the same values share one configuration: a slot may be linked to a root whose exponents it takes.
 * Two kinds of link exist, as in ESP-PPQ: <em>dominated</em> (the slot quantizes nothing any more, state
 * {@link SlotState#OVERLAPPED}) and <em>mastered</em> (the slot still quantizes, with the master's exponent but its own
 * bits, state {@link SlotState#PASSIVE}).
 */
public final class QuantPlan {
    /** A node that stays in float. */
    public static final int FLOAT = 0;

    private final Target target;
    private final Map<String, Integer> nodeBits;
    private final Map<Slot, SlotConfig> configs;
    private final Map<Slot, Slot> roots;

    private QuantPlan(Target target, Map<String, Integer> nodeBits, Map<Slot, SlotConfig> configs, Map<Slot, Slot> roots) {
        this.target = target;
        this.nodeBits = nodeBits;
        this.configs = configs;
        this.roots = roots;
    }

    /** An empty plan for a target. */
    public static Builder builder(Target target) {
        return new Builder(target, new LinkedHashMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>());
    }

    /** A builder that starts from this plan. */
    public Builder edit() {
        return new Builder(target, new LinkedHashMap<>(nodeBits), new LinkedHashMap<>(configs), new LinkedHashMap<>(roots));
    }

    /** The chip family that the plan is for. */
    public Target target() {
        return target;
    }

    /** Bits of the operator: 8, 16, or {@link #FLOAT}. Nodes that the plan does not know are float. */
    public int bits(String node) {
        return nodeBits.getOrDefault(node, FLOAT);
    }

    /** Whether the operator runs on integers. */
    public boolean isQuantized(String node) {
        return bits(node) != FLOAT;
    }

    /** All slots, in the order in which they were added. */
    public Set<Slot> slots() {
        return configs.keySet();
    }

    /** Whether the plan says anything about the slot. */
    public boolean has(Slot slot) {
        return configs.containsKey(slot);
    }

    /** The slot's own configuration (bits, rounding, state). */
    public SlotConfig config(Slot slot) {
        SlotConfig config = configs.get(slot);
        if (config == null) {
            throw new IllegalArgumentException("the plan has no slot " + slot);
        }
        return config;
    }

    /** The slot whose exponents {@code slot} takes; itself when it is not linked. */
    public Slot root(Slot slot) {
        return rootOf(roots, slot);
    }

    /** Whether the slot takes another's exponents. */
    public boolean isLinked(Slot slot) {
        return roots.containsKey(slot);
    }

    /** The exponents in force for the slot, or null while they are unknown. */
    public Exponents exponents(Slot slot) {
        return config(root(slot)).exponents();
    }

    /** Whether values that pass the slot are quantized there. */
    public boolean quantizes(Slot slot) {
        return has(slot) && config(slot).state().quantizes();
    }

    /** All slots that take their exponents from {@code root}, without itself. */
    public List<Slot> followers(Slot root) {
        List<Slot> followers = new ArrayList<>();
        for (Slot slot : configs.keySet()) {
            if (!slot.equals(root) && root(slot).equals(root)) {
                followers.add(slot);
            }
        }
        return followers;
    }

    private static Slot rootOf(Map<Slot, Slot> roots, Slot slot) {
        Slot at = slot;
        for (Slot next = roots.get(at); next != null; next = roots.get(at)) {
            at = next;
        }
        return at;
    }

    /** Collects changes; not safe for use by several threads. */
    public static final class Builder {
        private final Target target;
        private final Map<String, Integer> nodeBits;
        private final Map<Slot, SlotConfig> configs;
        private final Map<Slot, Slot> roots;

        private Builder(Target target, Map<String, Integer> nodeBits, Map<Slot, SlotConfig> configs, Map<Slot, Slot> roots) {
            this.target = Objects.requireNonNull(target, "target");
            this.nodeBits = nodeBits;
            this.configs = configs;
            this.roots = roots;
        }

        /** Sets the operator's bits: 8, 16 or {@link QuantPlan#FLOAT}. */
        public Builder bits(String node, int bits) {
            if (bits != FLOAT && bits != 8 && bits != 16) {
                throw new IllegalArgumentException("an operator has 8 or 16 bits or is float, not " + bits);
            }
            nodeBits.put(node, bits);
            return this;
        }

        /** Adds or replaces the configuration of a slot. */
        public Builder put(Slot slot, SlotConfig config) {
            configs.put(slot, Objects.requireNonNull(config, "config"));
            return this;
        }

        /** The configuration of a slot as it stands now. */
        public SlotConfig config(Slot slot) {
            SlotConfig config = configs.get(slot);
            if (config == null) {
                throw new IllegalArgumentException("the plan has no slot " + slot);
            }
            return config;
        }

        /** Whether the slot is known. */
        public boolean has(Slot slot) {
            return configs.containsKey(slot);
        }

        /** The slot whose exponents {@code slot} takes now. */
        public Slot root(Slot slot) {
            return rootOf(roots, slot);
        }

        /** The exponents in force now, or null. */
        public Exponents exponents(Slot slot) {
            return config(root(slot)).exponents();
        }

        /** Sets the state of a slot. */
        public Builder state(Slot slot, SlotState state) {
            return put(slot, config(slot).withState(state));
        }

        /**
         * Sets the exponents of a root.
         *
         * @throws IllegalArgumentException if the slot takes its exponents from another
         */
        public Builder exponents(Slot slot, Exponents exponents) {
            if (roots.containsKey(slot)) {
                throw new IllegalArgumentException(slot + " takes its exponents from " + root(slot) + "; set them there");
            }
            return put(slot, config(slot).withExponents(exponents));
        }

        /** {@code slot} and its present root quantize no more and take everything from {@code master}'s root. */
        public Builder dominate(Slot slot, Slot master) {
            Slot from = root(slot);
            link(slot, master);
            state(slot, SlotState.OVERLAPPED);
            return from.equals(slot) ? this : state(from, SlotState.OVERLAPPED);
        }

        /** {@code slot} quantizes with the exponent of {@code master}'s root and its own bits. */
        public Builder follow(Slot slot, Slot master) {
            Slot to = root(master);
            if (to.equals(slot)) {
                throw new IllegalArgumentException(slot + " cannot follow itself");
            }
            roots.put(slot, to);
            return state(slot, config(to).exponents() == null ? SlotState.PASSIVE_INIT : SlotState.PASSIVE);
        }

        /** The slot stands for itself again and keeps the exponents that were in force. */
        public Builder unlink(Slot slot) {
            Exponents inForce = exponents(slot);
            roots.remove(slot);
            return put(slot, config(slot).withExponents(inForce));
        }

        /**
         * Takes out a node with one input and one output whose place its maker takes: {@code heir} gets what the node's output
         * had, followers included.
         */
        public Builder remove(String node, Slot heir) {
            Slot gone = Slot.output(node, 0);
            SlotConfig config = config(gone);
            Slot master = roots.get(gone);
            roots.remove(heir);
            roots.replaceAll((slot, to) -> to.node().equals(node) ? heir : to);
            roots.remove(heir);
            if (master != null && !master.equals(heir) && !master.node().equals(node)) {
                roots.put(heir, master);
            }
            roots.keySet().removeIf(slot -> slot.node().equals(node));
            configs.keySet().removeIf(slot -> slot.node().equals(node));
            nodeBits.remove(node);
            return put(heir, config);
        }

        private void link(Slot slot, Slot master) {
            Slot from = root(slot);
            Slot to = root(master);
            if (from.equals(to)) {
                throw new IllegalArgumentException(slot + " and " + master + " share a root already");
            }
            roots.put(from, to);
        }

        /** The finished plan. */
        public QuantPlan build() {
            return new QuantPlan(
                    target,
                    Collections.unmodifiableMap(new LinkedHashMap<>(nodeBits)),
                    Collections.unmodifiableMap(new LinkedHashMap<>(configs)),
                    Collections.unmodifiableMap(new LinkedHashMap<>(roots)));
        }
    }
}
