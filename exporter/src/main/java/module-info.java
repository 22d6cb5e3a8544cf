/** File formats: ONNX and {@code .espdl}. */
module io.github.bitgrain.exporter {
    requires transitive io.github.bitgrain.simulator;
    requires com.google.protobuf;
    requires flatbuffers.java;

    exports io.github.bitgrain.exporter;
    exports io.github.bitgrain.exporter.espdl;
    exports io.github.bitgrain.exporter.onnx;
}
