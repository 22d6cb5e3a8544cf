package io.github.bitgrain.cli.pipeline;

/** How people write the options that commands and recipes share: messages name what they wrote. */
public enum Spelling {
    /** {@code --fit-input}, {@code --head cut}. */
    COMMAND_LINE("--", '-', ' '),
    /** {@code quantization_params.fit_input}, {@code quantization_params.head=cut}. */
    RECIPE("quantization_params.", '_', '=');

    private final String prefix;
    private final char within;
    private final char before;

    Spelling(String prefix, char within, char before) {
        this.prefix = prefix;
        this.within = within;
        this.before = before;
    }

    /** An option, by its name on the command line without dashes in front. */
    public String of(String option) {
        return prefix + option.replace('-', within);
    }

    /** An option with a value. */
    public String of(String option, Object value) {
        return of(option) + before + value;
    }
}
