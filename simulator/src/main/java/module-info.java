/** Chip programs: lowering and bit-exact execution. */
module io.github.bitgrain.simulator {
    requires transitive io.github.bitgrain.core;

    exports io.github.bitgrain.simulator;
    exports io.github.bitgrain.simulator.lowering;
}
