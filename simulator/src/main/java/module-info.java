/** Chip programs: lowering and bit-exact execution. */
module io.github.bitgrain.simulator {
    requires transitive io.github.bitgrain.core;
}
