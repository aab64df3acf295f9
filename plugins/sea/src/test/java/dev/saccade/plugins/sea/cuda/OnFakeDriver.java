package dev.saccade.plugins.sea.cuda;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Tests that use CUDA, without a GPU: {@link FakeDriver} is loaded before, and reset after each.
 * They run in a JVM of their own and are skipped where there is no g++.
 */
@Tag("fake-driver")
@ExtendWith(FakeDriverExtension.class)
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
public @interface OnFakeDriver {}
