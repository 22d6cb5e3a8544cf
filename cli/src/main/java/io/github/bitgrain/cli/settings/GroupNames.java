package io.github.bitgrain.cli.settings;

import io.github.bitgrain.cli.console.Nearest;
import io.github.bitgrain.core.BitgrainException;
import java.util.Map;
import java.util.Set;

/** The names of ESP-PPQ's settings in groups whose values Bitgrain does not read (esp-ppq: api/setting.py). */
final class GroupNames {
    private static final Map<String, Set<String>> KNOWN = Map.of(
            "matrix_factorization_setting", Set.of("interested_layers", "method"),
            "extension_setting", Set.of("my_first_parameter"),
            "fusion_setting", Set.of("remove_useless_quantization", "fuse_activation", "fuse_passive_op", "align_quantization",
                    "align_avgpooling_to", "align_elementwise_to", "align_concat_to", "align_resize_to", "force_alignment_overlap"),
            "quantize_parameter_setting",
            Set.of("calib_algorithm", "quantize_passive_parameter", "clip_visiblity", "pad_visiblity", "baking_parameter"),
            "graph_format_setting", Set.of("format_constant_op", "fuse_conv_bn", "fuse_swish", "format_paramters", "format_cast",
                    "delete_isolate", "delete_isolated"));

    private GroupNames() {}

    /**
     * Refuses a name that the group does not have.
     *
     * @throws BitgrainException (usage) naming it and the nearest known one
     */
    static void check(String group, Map<String, Object> given) {
        for (String name : given.keySet()) {
            if (!KNOWN.get(group).contains(name)) {
                throw BitgrainException.usage("unknown setting '" + group + "." + name + "'"
                        + Nearest.hint(name, KNOWN.get(group).stream().sorted().toList()));
            }
        }
    }
}
