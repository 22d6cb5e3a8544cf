/** Raw-array compute. The only module that sees the Vector API. */
module io.github.bitgrain.kernels {
    requires jdk.incubator.vector;

    exports io.github.bitgrain.kernels;
}
