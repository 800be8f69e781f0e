"""Starts and stops what we send: microphone, camera in two layers, screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any

from client.core.clock import Clock
from client.core.tasks import TaskSupervisor
from client.media.camera import Camera, LayerSender
from client.media.microphone import Microphone
from client.media.outbound import Outbound
from client.media.sealing import FrameCipher
from client.media.sources import AudioSource, VideoSource
from client.media.streams import Layer
from protocol.crypto.frames import Stream


class Sending:
    """What runs is known by its first stream: AUDIO, VIDEO_HIGH for the camera, SCREEN. Starting again replaces."""

    def __init__(
        self,
        outbound: Mapping[Stream, Outbound],
        cipher: FrameCipher,
        clock: Clock,
        executor: Executor,
        tasks: TaskSupervisor,
        changed: Callable[[frozenset[Stream]], None],
    ) -> None:
        self._tasks = tasks
        self._changed = changed
        self._outbound = outbound
        self.microphone = Microphone(outbound[Stream.AUDIO], cipher, clock)
        self.layers = {
            stream: LayerSender(stream, outbound[stream], cipher, clock, executor)
            for stream in (Stream.VIDEO_HIGH, Stream.VIDEO_LOW, Stream.SCREEN)
        }
        self._running: dict[Stream, list[asyncio.Task[Any]]] = {}

    @property
    def streams(self) -> frozenset[Stream]:
        """What is being sent now."""
        sent = set(self._running)
        if Stream.VIDEO_HIGH in sent:
            sent.add(Stream.VIDEO_LOW)
        return frozenset(sent)

    @property
    def unsealed(self) -> int:
        """Frames that were not sent because there was no key yet."""
        return self.microphone.unsealed + sum(layer.unsealed for layer in self.layers.values())

    def start_microphone(self, source: AudioSource) -> None:
        self._cancel(Stream.AUDIO)
        self._running[Stream.AUDIO] = [self._tasks.start("microphone", self.microphone.run(source))]
        self._changed(self.streams)

    def start_camera(self, source: VideoSource, high: Layer, low: Layer) -> None:
        self._start_pictures("camera", source, {Stream.VIDEO_HIGH: high, Stream.VIDEO_LOW: low})

    def start_screen(self, source: VideoSource, layer: Layer) -> None:
        self._start_pictures("screen", source, {Stream.SCREEN: layer})

    def begin_pictures(self) -> None:
        """Every layer's next picture is a key frame."""
        for layer in self.layers.values():
            layer.begin()

    async def stop(self, first: Stream) -> None:
        """End it and wait until its source is let go."""
        tasks = self._cancel(first)
        if tasks:
            self._changed(self.streams)
            await asyncio.wait(tasks)

    def _start_pictures(self, name: str, source: VideoSource, layers: Mapping[Stream, Layer]) -> None:
        first = next(iter(layers))
        self._cancel(first)
        senders = [self.layers[stream] for stream in layers]
        tasks = [
            self._tasks.start(f"{name} layer {stream.name}", self.layers[stream].run(layer))
            for stream, layer in layers.items()
        ]
        tasks.append(self._tasks.start(name, Camera(senders).run(source)))
        self._running[first] = tasks
        self._changed(self.streams)

    def _cancel(self, first: Stream) -> list[asyncio.Task[Any]]:
        tasks = self._running.pop(first, [])
        for task in tasks:
            task.cancel()
        return tasks
