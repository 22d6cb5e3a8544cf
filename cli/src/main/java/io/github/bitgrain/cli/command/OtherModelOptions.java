package io.github.bitgrain.cli.command;

import picocli.CommandLine.Option;

/** How the second of two chip models is opened, where the options of the first do not serve. */
final class OtherModelOptions {
    @Option(names = "--other-key", paramLabel = "HEX|FILE", description = "Key of the second model, if it is another.")
    String key;

    @Option(names = "--other-model", paramLabel = "NAME|INDEX", description = "Model of the second package, if it is another.")
    String model;
}
