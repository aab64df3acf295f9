package dev.saccade.runtime.host;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;

/** Says why components of a running bundle offer no service. */
final class ComponentProblems {

  private static final String SERVICE_COMPONENT = "Service-Component";

  private final BundleContext context;

  ComponentProblems(BundleContext context) {
    this.context = context;
  }

  /** Returns one line for each component that does not work. */
  List<String> of(Bundle bundle) {
    ServiceReference<ServiceComponentRuntime> reference =
        context.getServiceReference(ServiceComponentRuntime.class);
    if (reference == null) {
      return List.of();
    }
    ServiceComponentRuntime components = context.getService(reference);
    if (components == null) {
      return List.of();
    }
    try {
      Collection<ComponentDescriptionDTO> described =
          components.getComponentDescriptionDTOs(bundle);
      String declared = bundle.getHeaders().get(SERVICE_COMPONENT);
      if (described.isEmpty() && declared != null) {
        return List.of("its component description %s is missing or not valid".formatted(declared));
      }
      return described.stream()
          .flatMap(each -> problems(components, bundle, each))
          .sorted()
          .toList();
    } finally {
      context.ungetService(reference);
    }
  }

  private static Stream<String> problems(
      ServiceComponentRuntime components, Bundle bundle, ComponentDescriptionDTO described) {
    if (described.configurationPolicy.equals("require")) {
      return Stream.of(
          "component %s waits for a configuration, which this runtime never gives"
              .formatted(described.name));
    }
    List<String> problems = new ArrayList<>();
    for (ComponentConfigurationDTO each : components.getComponentConfigurationDTOs(described)) {
      if (each.state == ComponentConfigurationDTO.FAILED_ACTIVATION) {
        problems.add(
            "component %s failed to start: %s"
                .formatted(described.name, OneLine.ofStackTrace(each.failure)));
      } else if (each.state == ComponentConfigurationDTO.UNSATISFIED_REFERENCE) {
        problems.add(
            "component %s waits for a service that nobody offers: %s"
                .formatted(described.name, missing(described, each)));
      } else if (each.state == ComponentConfigurationDTO.SATISFIED) {
        // Not active although the host asked for it: its class may be why, which is kept silent.
        linkageError(bundle, described.implementationClass)
            .ifPresent(
                error ->
                    problems.add(
                        "component %s cannot be loaded: %s".formatted(described.name, error)));
      }
    }
    return problems.stream();
  }

  private static Optional<String> linkageError(Bundle bundle, String className) {
    try {
      // Asking for the methods loads every class in their signatures, as the component runtime
      // does.
      Method[] unused = bundle.loadClass(className).getDeclaredMethods();
      return Optional.empty();
    } catch (ClassNotFoundException | NoClassDefFoundError e) {
      return Optional.of(
          "class %s is neither in the jar nor imported".formatted(missingClass(e, className)));
    } catch (LinkageError e) {
      return Optional.of(OneLine.of(e));
    }
  }

  private static String missingClass(Throwable missing, String otherwise) {
    String message = missing.getMessage();
    return message == null ? otherwise : message.split(" ", 2)[0].replace('/', '.');
  }

  private static String missing(
      ComponentDescriptionDTO described, ComponentConfigurationDTO configuration) {
    List<String> names =
        Stream.of(configuration.unsatisfiedReferences).map(reference -> reference.name).toList();
    return Stream.of(described.references)
        .filter(reference -> names.contains(reference.name))
        .map(reference -> reference.interfaceName)
        .collect(Collectors.joining(", "));
  }
}
