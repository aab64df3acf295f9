package dev.saccade.runtime.tokenize;

import java.util.OptionalInt;

/**
 * The tokens with a role of their own, as far as a tokenizer has them.
 *
 * @param beginning starts a text ({@code bos_token})
 * @param end ends a text, and parts the documents of a packed corpus ({@code eos_token})
 * @param padding fills short sequences of a batch ({@code pad_token})
 * @param unknown stands for what cannot be spelled ({@code unk_token})
 * @param mask stands for what a masked language model has to guess ({@code mask_token})
 */
public record SpecialTokens(
    OptionalInt beginning,
    OptionalInt end,
    OptionalInt padding,
    OptionalInt unknown,
    OptionalInt mask) {}
