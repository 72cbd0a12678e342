import { sql } from "kysely";
import type { Resolvers } from "../../generated/resolvers.ts";
import { pageFrom } from "../connections.ts";
import type { DemoContext } from "../context.ts";
import type { FeatureRow, ViewerRow } from "../database/tables.ts";
import { type Entities, PUBLIC_USER } from "../entities.ts";
import { badInput, existing, unauthenticated } from "../errors.ts";
import { noteBody, pageSize, storable } from "../inputs.ts";
import { nextNoteId, ownNote, unwatch, watch } from "../queries/people-writes.ts";
import { watchPage } from "../queries/watch-page.ts";

/** Users, what they write, and what only they may see. */
export function peopleResolvers(entities: Entities) {
  const featureOf = (id: string, context: DemoContext): Promise<FeatureRow> =>
    existing("Feature", id, entities.feature.loader(context).load(id));

  return {
    Query: {
      user: (_parent, { id }, context) => entities.user.loader(context).load(id),
      users: (_parent, _args, { db }) =>
        db.selectFrom("users").select(PUBLIC_USER).orderBy(sql`name collate "C", id`).execute(),
      viewer: (_parent, _args, context) =>
        context.user === null ? null : viewerRow(context, Number(context.user.id)),
      recentNotes: (_parent, { first }, { db }) =>
        db.selectFrom("notes").selectAll().orderBy("id", "desc").limit(pageSize(first, 10)).execute(),
    },

    User: {
      noteCount: ({ id }, _args, { loaders }) => loaders.noteCountOfAuthor.load(id),
      notes: ({ id }, args, { loaders }) =>
        loaders.notesOfAuthor.load({ ...pageFrom(args, 10, ["integer"]), parentId: id }),
    },

    Note: {
      feature: ({ featureId }, _args, context) => featureOf(featureId, context),
      author: ({ authorId }, _args, context) =>
        existing("User", authorId, entities.user.loader(context).load(authorId)),
    },

    Feature: {
      noteCount: ({ id }, _args, { loaders }) => loaders.noteCountOfFeature.load(id),
      notes: ({ id }, args, { loaders }) =>
        loaders.notesOfFeature.load({ ...pageFrom(args, 10, ["integer"]), parentId: id }),
      rating: ({ id }, _args, { loaders }) => loaders.ratingOfFeature.load(id),
      async myRating({ id }, _args, context) {
        if (context.user === null) return null;
        const key = { userId: Number(context.user.id), featureId: id };
        return (await entities.rating.loader(context).load(key))?.stars ?? null;
      },
      watched: ({ id }, _args, { loaders, user }) =>
        user === null ? null : loaders.watchedByUser.load({ userId: Number(user.id), featureId: id }),
    },

    RecordViewPayload: {
      // As it was queued: this look, and others that the database does not have yet.
      viewCount: ({ views }) => views.views,
    },

    Viewer: {
      user: ({ id }, _args, context) => existing("User", id, entities.user.loader(context).load(id)),
      watchlist: ({ id }, args, { db }) => watchPage(db, id, pageFrom(args, 20, ["moment", "string"])),
    },

    Mutation: {
      // What is to be written is returned, not written: see @cacheWrite.
      async recordView(_parent, { featureId }, context) {
        const feature = await featureOf(storable(featureId, "featureId"), context);
        return { feature, views: { featureId: feature.id, views: 1 }, viewCount: 1 };
      },
      async addNote(_parent, { input }, context) {
        const authorId = userId(context);
        const featureId = storable(input.featureId, "featureId");
        const body = noteBody(input.body);
        const now = new Date();
        const id = await nextNoteId(context.db);
        return { note: { id, featureId, authorId, body, version: 1, createdAt: now, updatedAt: now } };
      },
      async updateNote(_parent, { input }, context) {
        const { id, expectedVersion = null } = input;
        const authorId = userId(context);
        const body = noteBody(input.body);
        const note = await ownNote(context.db, id, authorId);
        return { note: { ...note, body, version: note.version + 1, expectedVersion } };
      },
      async deleteNote(_parent, { id }, context) {
        const { featureId, authorId } = await ownNote(context.db, id, userId(context));
        await entities.note.remove(id, context);
        return { noteId: id, featureId, authorId, feature: await featureOf(featureId, context) };
      },
      async rateFeature(_parent, { input }, context) {
        const { stars } = input;
        const user = userId(context);
        if (stars < 1 || stars > 5) throw badInput(`"stars" must be 1 to 5, but got: ${stars}.`);
        const feature = await featureOf(storable(input.featureId, "featureId"), context);
        return { stars, feature, rating: { featureId: feature.id, userId: user, stars } };
      },
      async watchFeature(_parent, { featureId }, context) {
        const user = userId(context);
        await watch(context.db, user, storable(featureId, "featureId"));
        return { feature: await featureOf(featureId, context), viewer: await viewerRow(context, user) };
      },
      async unwatchFeature(_parent, { featureId }, context) {
        const user = userId(context);
        const feature = await featureOf(featureId, context);
        await unwatch(context.db, user, featureId);
        return { feature, viewer: await viewerRow(context, user) };
      },
    },
  } satisfies Resolvers;
}

/** The number of who asks; a stranger is refused. */
function userId(context: DemoContext): number {
  if (context.user === null) throw unauthenticated();
  return Number(context.user.id);
}

/** Read past the `User` entity: that one is for everybody and holds nothing private. */
function viewerRow({ db }: DemoContext, id: number): Promise<ViewerRow> {
  return db.selectFrom("users").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
}
