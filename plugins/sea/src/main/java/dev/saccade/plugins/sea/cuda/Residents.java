package dev.saccade.plugins.sea.cuda;

import dev.saccade.api.kernel.Device;
import dev.saccade.api.kernel.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The tensors of a call where kernels find them: those in host memory in an arena, those on the GPU
 * where they are.
 */
final class Residents {

  private final List<Tensor> tensors;
  private final List<Long> offsets = new ArrayList<>();

  private Residents(List<Tensor> tensors) {
    this.tensors = tensors;
  }

  static Residents plan(List<Tensor> tensors, ArenaLayout layout) {
    Residents residents = new Residents(tensors);
    for (Tensor tensor : tensors) {
      boolean visits = tensor.device() == Device.Kind.CPU;
      residents.offsets.add(
          visits ? layout.take(DeviceTensor.bytes(tensor.shape(), tensor.elementType())) : 0L);
    }
    return residents;
  }

  List<DeviceTensor> in(DeviceArena arena) {
    List<DeviceTensor> there = new ArrayList<>();
    for (int i = 0; i < tensors.size(); i++) {
      Tensor tensor = tensors.get(i);
      there.add(new DeviceTensor(address(i, arena), tensor.shape(), tensor.elementType()));
    }
    return there;
  }

  void upload(GpuSession session) {
    for (int i = 0; i < tensors.size(); i++) {
      if (tensors.get(i).device() == Device.Kind.CPU) {
        session.transfers().upload(tensors.get(i).bytes(), address(i, session.arena()));
      }
    }
  }

  void download(GpuSession session) {
    for (int i = 0; i < tensors.size(); i++) {
      if (tensors.get(i).device() == Device.Kind.CPU) {
        session.transfers().download(address(i, session.arena()), tensors.get(i).bytes());
      }
    }
  }

  private long address(int i, DeviceArena arena) {
    Tensor tensor = tensors.get(i);
    return tensor.device() == Device.Kind.CPU ? arena.address() + offsets.get(i) : tensor.address();
  }
}
