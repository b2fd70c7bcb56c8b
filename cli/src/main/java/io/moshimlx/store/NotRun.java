package io.moshimlx.store;

import io.moshimlx.hub.RepoId;

/**
 * A model of the family that is known and that this version does not run.
 *
 * @param name what people call it
 * @param repository where it is
 * @param reason what it needs that is missing here, a clause without its end
 */
public record NotRun(String name, RepoId repository, String reason) {}
